"""Reapers that do not see all there is: one page, one namespace, the same pods in every sweep."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import quote

from kpo_scenarios.known_bad.plain import Instance, PlainReaper, Pod
from kpo_scenarios.known_bad.registry import known_bad
from kpo_suite.subjects.reaper_file import Rule


@known_bad(fails="REAP-EVERY-NAMESPACE", because="it is in payments")
class SweepsTheFirstNamespace(PlainReaper):
    """Is given three namespaces and looks at one."""

    def list_pods(self) -> list[Pod]:
        """Read the first of the list."""
        return self.list_namespace(f"/api/v1/namespaces/{self.namespaces[0]}/pods")


@known_bad(fails="REAP-EVERY-NAMESPACE", because="another namespace is empty")
class StopsAtAnEmptyNamespace(PlainReaper):
    """Takes a namespace without pods for the end of the list."""

    def list_pods(self) -> list[Pod]:
        """Go on while there is something."""
        found: list[Pod] = []
        for name in self.namespaces:
            pods = self.list_namespace(f"/api/v1/namespaces/{name}/pods")
            if not pods:
                break
            found += pods
        return found


@known_bad(fails="REAP-EVERY-NAMESPACE", because="a live pod elsewhere has its name")
class KeysPodsByName(PlainReaper):
    """Keeps its pods in a mapping by name, where the first of two namespaces wins."""

    def list_pods(self) -> list[Pod]:
        """Forget that names repeat."""
        return list({pod["metadata"]["name"]: pod for pod in reversed(super().list_pods())}.values())


@known_bad(fails="REAP-EVERY-NAMESPACE", because="on a pod of its own in reports")
class JudgesEachNamespaceAlone(PlainReaper):
    """Looks for newer pods of a task in the pod's own namespace."""

    def is_overtaken(self, pod: Pod, instance: Instance, pods: Iterable[Pod]) -> bool:
        """See no further than the namespace."""
        near = [each for each in pods if each["metadata"]["namespace"] == pod["metadata"]["namespace"]]
        return super().is_overtaken(pod, instance, near)


@known_bad(fails="REAP-EVERY-PAGE", because="in the order of names it is z-last")
class ReadsOnePageOfPods(PlainReaper):
    """Asks for 500 pods and does not look for a token."""

    def list_namespace(self, where: str) -> list[Pod]:
        """Be content with the first page."""
        answer = self.api.call("GET", f"{where}?limit={self.page}&labelSelector={quote(self.selector)}")
        return list(answer["items"])


@known_bad(fails="REAP-EVERY-PAGE", because="in the order of names it is a-first")
class KeepsTheLastPageOfPods(PlainReaper):
    """Follows the tokens and overwrites each page with the next."""

    def list_namespace(self, where: str) -> list[Pod]:
        """Assign where it had to add."""
        return super().list_namespace(where)[self.page :] or super().list_namespace(where)


@known_bad(fails="REAP-EVERY-PAGE", because="its row is one of 350")
class ReadsAHundredRows(PlainReaper):
    """Reads one page of task instances, as Airflow's REST API gives it by default."""

    def read_instances(self) -> list[Instance]:
        """Let a page be all."""
        return sorted(super().read_instances(), key=lambda each: (each.dag_id != "etl", each.map_index))[:100]


@known_bad(fails="REAP-NO-STARVATION", because="many that cannot go are older")
class SpendsItsBudgetOnWhatIsGoing(PlainReaper):
    """Chooses the oldest zombies first and then sees that they are terminating already."""

    def spares(self, pod: Pod) -> bool:
        """Count a terminating pod among the zombies."""
        return not super().is_terminating(pod) and super().spares(pod)

    def is_implausible(self, zombies: int, pods: int) -> bool:
        """Not worry."""
        return False

    def delete(self, pod: Pod) -> bool:
        """Pass over it only now."""
        return not self.is_terminating(pod) and super().delete(pod)


@known_bad(fails="REAP-NO-STARVATION", because="an older zombie cannot go")
class WaitsUntilTheOldestIsGone(PlainReaper):
    """Takes one zombie after the other, and does not begin with the next while one is terminating."""

    def choose(self, zombies: Sequence[Pod]) -> list[Pod]:
        """Stand in line."""
        terminating = [pod for pod in self.list_pods() if self.is_terminating(pod)]
        return [] if terminating else super().choose(zombies)


@known_bad(fails="API-PAGED", because="carries no limit")
class ListsWithoutALimit(PlainReaper):
    """Asks for all pods at once."""

    def list_namespace(self, where: str) -> list[Pod]:
        """Leave it to the server."""
        return list(self.api.call("GET", f"{where}?labelSelector={quote(self.selector)}")["items"])


@known_bad(fails="API-PAGED", because="carries no limit")
class AsksForTenThousandAtOnce(PlainReaper):
    """States a limit that limits nothing."""

    page = 10_000


@known_bad(fails="API-PAGED", because="carries no labelSelector")
class SelectsByItself(PlainReaper):
    """Lists every pod and throws away what is no operator's."""

    selector = ""

    def spares(self, pod: Pod) -> bool:
        """Select in its own memory."""
        labelled = (pod["metadata"].get("labels") or {}).get("kubernetes_pod_operator") == "True"
        return not labelled or super().spares(pod)


@known_bad(fails="API-LEAST-PRIVILEGE", because="documents no RBAC rules", rules=[])
class DocumentsNoRules(PlainReaper):
    """Says nothing of what it needs, so that it is given everything."""


@known_bad(
    fails="API-LEAST-PRIVILEGE",
    because="needs delete on pods",
    rules=[Rule(api_groups=[""], resources=["pods"], verbs=["get", "list", "watch"])],
)
class DocumentsTooLittle(PlainReaper):
    """Forgot delete in the rules that it documents."""


@known_bad(
    fails="API-LEAST-PRIVILEGE",
    because="grant deletecollection pods",
    rules=[Rule(api_groups=[""], resources=["pods"], verbs=["*"])],
)
class DocumentsEveryVerb(PlainReaper):
    """Asks for every verb on pods, the deletion of a whole collection among them."""


@known_bad(fails="API-LEAST-PRIVILEGE", because="needs list on secrets")
class ReadsTheSecrets(PlainReaper):
    """Looks for the database's password among the Secrets of its namespaces."""

    def list_pods(self) -> list[Pod]:
        """Read them first."""
        for name in self.namespaces:
            self.api.call("GET", f"/api/v1/namespaces/{name}/secrets?limit=10")
        return super().list_pods()
