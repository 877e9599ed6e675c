"""Reapers that take a LIST which is not whole, not of pods or not of the present for the truth."""

from __future__ import annotations

import json
import urllib.error
from collections.abc import Container, Sequence
from typing import Any
from urllib.parse import quote

from kpo_scenarios.known_bad.plain import Instance, PlainReaper, Pod, path
from kpo_scenarios.known_bad.registry import known_bad

GONE = 410


@known_bad(fails="API-EXPIRED", because="after GET .* was answered 410")
class TakesThePagesItHas(PlainReaper):
    """Ends its LIST at a 410 and goes on with the pages that it has."""

    def list_namespace(self, where: str) -> list[Pod]:
        """Be content with less."""
        self.found: list[Pod] = []
        try:
            return super().list_namespace(where)
        except urllib.error.HTTPError as error:
            with error:
                if error.code != GONE:
                    raise
            return self.found

    def page_of(self, answer: Any) -> list[Pod]:
        """Keep what has come so far."""
        page = super().page_of(answer)
        self.found += page
        return page


@known_bad(fails="API-EXPIRED", because="after GET .* was answered 410")
class GoesOnWithTheOfferedToken(PlainReaper):
    """Goes on with the token that a 410 carries, among the pods of another moment."""

    def ask_for_page(self, where: str, token: str) -> Any:
        """Take the token for what it is called."""
        try:
            return super().ask_for_page(where, token)
        except urllib.error.HTTPError as error:
            with error:
                following = json.load(error)["metadata"].get("continue") if error.code == GONE else ""
            if not following or following == token:
                raise
            return self.ask_for_page(where, following)


@known_bad(fails="API-EXPIRED", because="exit code 0 although GET .* was answered 410")
class SweepsNothingAndIsContent(PlainReaper):
    """Takes a LIST that expired for one without pods."""

    def list_namespace(self, where: str) -> list[Pod]:
        """See nothing."""
        try:
            return super().list_namespace(where)
        except urllib.error.HTTPError as error:
            with error:
                if error.code != GONE:
                    raise
            return []


@known_bad(fails="API-REPEATED-TOKEN", because="asked .* times for the same page", timeout=2.0)
class FollowsEveryToken(PlainReaper):
    """Goes wherever the last page's token leads, be it in circles."""

    def is_circle(self, token: str, seen: Container[str]) -> bool:
        """Trust the server."""
        return False


@known_bad(fails="API-REPEATED-TOKEN", because="asked .* times for the same page", timeout=2.0)
class ComparesWithTheLastToken(PlainReaper):
    """Notices a token that comes twice in a row, and no circle of two."""

    def list_namespace(self, where: str) -> list[Pod]:
        """Begin each LIST without a past."""
        self.last = ""
        return super().list_namespace(where)

    def is_circle(self, token: str, seen: Container[str]) -> bool:
        """Look one page back."""
        last, self.last = self.last, token
        return token == last


@known_bad(fails="API-REPEATED-TOKEN", because="hung", timeout=4.0)
class HasNoDeadlineForPages(PlainReaper):
    """Looks for circles and trusts that a LIST without one has an end."""

    deadline = 3600

    def configure(self, settings: Sequence[str]) -> str:
        """Take no deadline to heart."""
        return super().configure([setting for setting in settings if not setting.startswith("--deadline=")])


@known_bad(fails="API-BROKEN-LIST", because="with a PodList (whose items are null|without items)")
class TakesNullForNoPods(PlainReaper):
    """Takes null, and items that are not there, for an empty list."""

    def page_of(self, answer: Any) -> list[Pod]:
        """Write what one writes for an optional field."""
        return super().page_of({**answer, "items": answer.get("items") or []})


@known_bad(fails="API-BROKEN-LIST", because="with something else than a JSON object")
class SkipsAPageThatIsNoJson(PlainReaper):
    """Passes over an answer that it cannot read, and believes that there are no pods."""

    def ask_for_page(self, where: str, token: str) -> Any:
        """Log it, as a rule, and go on."""
        try:
            return super().ask_for_page(where, token)
        except json.JSONDecodeError:
            return {"kind": "PodList", "metadata": {}, "items": []}


@known_bad(fails="API-BROKEN-LIST", because="with a (NodeList|Pod|Status|document of no kind)")
class TakesWhateverHasItems(PlainReaper):
    """Does not look at what an answer is called."""

    def page_of(self, answer: Any) -> list[Pod]:
        """Take items where there are any, and a thing for its only item."""
        return super().page_of({"kind": "PodList", "items": answer.get("items", [answer])})


@known_bad(fails="API-ODD-POD", because="was not deleted in sweep 1, in which another pod was shown odd")
class ReadsEveryPodOrNone(PlainReaper):
    """Reads each pod as if it had the usual shape, and ends at one that has not."""

    def is_odd(self, pod: Any) -> bool:
        """Expect the usual."""
        json.dumps([pod["metadata"][name] for name in ("namespace", "name", "uid", "creationTimestamp")])
        return super().is_odd(pod)


@known_bad(fails="API-ODD-POD", because="was not deleted in sweep 1, in which another pod was shown odd")
class LeavesThePageOfAnOddPod(PlainReaper):
    """Validates a page as a whole, and leaves out all pods of one that does not pass."""

    def page_of(self, answer: Any) -> list[Pod]:
        """Take all or nothing, and end as if nothing were the matter."""
        return [] if any(map(self.is_odd, answer["items"])) else super().page_of(answer)


@known_bad(fails="API-ODD-POD", because="in a shape that no pod has")
class SendsThePreconditionsThatItHas(PlainReaper):
    """Deletes a pod without a uid by its name: a precondition that it cannot state is none."""

    def is_odd(self, pod: Any) -> bool:
        """Pass over what is only there to be sent."""
        metadata = pod.get("metadata") if isinstance(pod, dict) else None
        if not metadata:
            return True
        return super().is_odd({**pod, "metadata": {**metadata, "uid": "any"}})

    def tell(self, outcome: str, pod: Pod, fitting: Sequence[Instance]) -> None:
        """Have nothing to tell of some."""

    def delete(self, pod: Pod) -> bool:
        """State what is known."""
        uid = pod["metadata"].get("uid")
        if isinstance(uid, str) and uid:
            return super().delete(pod)
        self.api.call("DELETE", path(pod))
        return True


@known_bad(fails="API-STALE-LIST", because="the LIST shows the pod before it")
class ListsFromTheCache(PlainReaper):
    """Lists at resourceVersion 0 from whatever an API server has in memory, and deletes by name what it finds there."""

    def ask_for_page(self, where: str, token: str) -> Any:
        """Ask for speed."""
        query = f"?limit={self.page}&labelSelector={quote(self.selector)}&continue={quote(token)}"
        return self.api.call("GET", where + query + ("" if token else "&resourceVersion=0"))

    def delete(self, pod: Pod) -> bool:
        """Trust the cache."""
        self.api.call("DELETE", path(pod))
        return True


@known_bad(fails="API-STALE-LIST", because="the LIST shows it without")
class NamesTheUidOfTheList(PlainReaper):
    """Deletes the incarnation that it listed, whatever has become of it since."""

    def delete(self, pod: Pod) -> bool:
        """Leave the resourceVersion out."""
        return super().delete({**pod, "metadata": {**pod["metadata"], "resourceVersion": None}})


@known_bad(fails="API-STALE-LIST", because="the LIST shows the pod before it")
class ReadsTheUidWhereItDeletes(PlainReaper):
    """Reads the uid right before its DELETE, and so names the pod that is there instead of the one that it judged."""

    def delete(self, pod: Pod) -> bool:
        """Be up to date about the name."""
        try:
            return super().delete(self.api.call("GET", path(pod)))
        except urllib.error.HTTPError as error:
            error.close()
            return False


@known_bad(fails="API-NAMESPACE-FAILS", because="was not deleted in sweep 1")
class EndsAtANamespaceThatFails(PlainReaper):
    """Lets the LIST of one namespace that is refused end the whole sweep."""

    def fail(self, error: urllib.error.HTTPError) -> None:
        """Raise it again."""
        raise error


@known_bad(fails="API-NAMESPACE-FAILS", because="exit code 0 although GET .* was answered")
class PassesOverWhatIsForbidden(PlainReaper):
    """Sweeps the namespaces that it may and says nothing of the others."""

    def fail(self, error: urllib.error.HTTPError) -> None:
        """Forget it."""
        error.close()


@known_bad(fails="API-NAMESPACE-FAILS", because="was deleted at step .* after GET .* was answered")
class KeepsTheFirstPagesOfANamespace(PlainReaper):
    """Goes on with those pages of a namespace that came before its LIST failed."""

    def list_namespace(self, where: str) -> list[Pod]:
        """Have at least something."""
        found: list[Pod] = []
        token = ""
        while True:
            try:
                answer = self.ask_for_page(where, token)
            except urllib.error.HTTPError as error:
                self.fail(error)
                return found
            found += self.page_of(answer)
            token = answer["metadata"].get("continue", "")
            if not token:
                return found
