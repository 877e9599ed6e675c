"""Controllers that reconcile each pod on its own: as naive as the one in ``controller``, and each wrong once more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from kpo_scenarios.known_bad.controller import Controller, TaskInstance
from kpo_scenarios.known_bad.registry import known_bad

if TYPE_CHECKING:
    import psycopg

    from kpo_scenarios.known_bad.plain import Pod


@known_bad(fails="KEEP-AMBIGUOUS", because="one of the two task instances")
class NaiveController(Controller):
    """Cuts the hash off the labels and takes the first task instance whose ids begin so."""


@known_bad(fails="REAP-ENCODED-IDS", because="(dag_id|task_id).* in the label|hashed in the label")
class ControllerOfShortNames(Controller):
    """Knows that a run_id is changed in its label, and takes dag_id and task_id at their word."""

    def condition(self, column: str, value: str) -> str:
        """Cut only what is known to be cut."""
        return super().condition(column, value) if column == "run_id" else f"{column} = %s"


@known_bad(fails="KEEP-OTHER-RUN", because="share only two of its ids")
class ControllerOfAnyRun(Controller):
    """Asks for the task without its run and takes the first row."""

    compared = ("dag_id", "task_id")


@known_bad(fails="KEEP-MALFORMED", because="its label .* is ")
class ControllerThatTakesNotFoundForGone(Controller):
    """Deletes a pod when its task instance is not found, as one does with the children of a parent that is gone."""

    def is_ours(self, pod: Pod) -> bool:
        """Trust the selector."""
        return not self.is_leaving(pod) and not self.is_owned(pod)

    def task_instance(self, connection: psycopg.Connection[Any], found: dict[str, str]) -> TaskInstance | None:
        """Find nothing for a label that is not there, or no number."""
        whole = {"dag_id", "task_id", "run_id"} <= found.keys() and found.get("map_index", "0").isdigit()
        return super().task_instance(connection, found) if whole else None

    def is_over(self, pod: Pod, found: TaskInstance | None) -> bool:
        """Hold the child of nobody for an orphan."""
        return found is None or super().is_over(pod, found)


@known_bad(fails="DELETE-ONE-POD", because="deletes the collection")
class ControllerWithDeleteAllOf(Controller):
    """Deletes with DeleteAllOf and the labels of the pod, which saves it the name."""

    def delete(self, where: str, pod: Pod) -> None:
        """Delete what has the same task and run."""
        same = ",".join(f"{name}%3D{pod['metadata']['labels'][name]}" for name in ("dag_id", "task_id", "run_id"))
        self.api.call("DELETE", f"{where.rpartition('/')[0]}?labelSelector={same}")


@known_bad(fails="DELETE-NOTHING-ELSE", because="writes pods")
class ControllerWithFinalizer(Controller):
    """Puts a finalizer of its own on a pod before it deletes it, as kopf does."""

    def delete(self, where: str, pod: Pod) -> None:
        """Be sure to be asked again."""
        held = {"metadata": {"finalizers": [*pod["metadata"].get("finalizers", ()), "controller.example/held"]}}
        self.api.call("PATCH", where, held, "application/merge-patch+json")
        super().delete(where, pod)


@known_bad(fails="DELETE-ONCE", because="was sent 3 DELETEs")
class ControllerThatRequeues(Controller):
    """Reconciles a zombie again and again until it is gone, and each time by a DELETE."""

    def is_leaving(self, pod: Pod) -> bool:
        """Want it gone, not going."""
        return False


@known_bad(fails="KEEP-OUT-OF-SCOPE", because="its namespace is not in the reaper's scope")
class ControllerOfTheCluster(Controller):
    """Has its cache filled from all namespaces, which is the default, and filters by none."""

    def informed(self) -> Iterator[Pod]:
        """List the cluster."""
        yield from self.api.call("GET", f"/api/v1/pods?labelSelector={self.selector}")["items"]


@known_bad(fails="KEEP-CONTROLLED", because="runs it")
class ControllerOfControlledPods(Controller):
    """Never looks at ownerReferences, and races another controller."""

    def is_owned(self, pod: Pod) -> bool:
        """Own them all."""
        return False


@known_bad(fails="KEEP-RESUMING", because="has not read its result yet")
class ControllerByPhase(Controller):
    """Takes a pod's own phase for the end of its task, before it asks the database."""

    def is_over(self, pod: Pod, found: TaskInstance | None) -> bool:
        """Believe the pod."""
        return pod["status"]["phase"] in ("Succeeded", "Failed") or super().is_over(pod, found)


@known_bad(fails="SOURCE-BOUNDED", because="queries")
class ControllerOfManyQuestions(Controller):
    """Asks the database once for each pod, as a controller looks up what belongs to the object in its hands."""


@known_bad(fails="API-PAGED", because="limit|page")
class ControllerWithAnInformer(Controller):
    """Fills its cache with one LIST of everything."""
