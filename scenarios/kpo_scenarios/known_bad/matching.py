"""Reapers that are wrong about which task instance a pod's ids name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from kpo_scenarios.known_bad.plain import IDENTITY, Instance, PlainReaper, Pod, labels
from kpo_scenarios.known_bad.registry import known_bad

HASH = re.compile(r"-[0-9a-f]{9}$")
"""What Airflow appends to a label that does not hold the whole id."""


@known_bad(fails="REAP-ENCODED-IDS", because="hashed in the label")
class ComparesBareIds(PlainReaper):
    """Compares labels with ids as the database holds them."""

    def label(self, value: str) -> str:
        """Know nothing of truncation and hashes."""
        return value


@known_bad(fails="KEEP-AMBIGUOUS", because="one of the (two|four)")
class AsksOnlyForAnEnd(PlainReaper):
    """Asks whether a finished row fits, and not whether there is an unfinished one as well."""

    def is_zombie(self, pod: Pod, instances: Sequence[Instance], pods: Iterable[Pod]) -> bool:
        """Look for any end."""
        return any(self.is_over(instance) for instance in instances if self.fits(pod, instance))


@known_bad(fails="KEEP-OTHER-RUN", because="share only two of its ids")
class ForgetsTheRun(AsksOnlyForAnEnd):
    """Holds a pod for a zombie as soon as its task is over in some run."""

    def fits(self, pod: Pod, instance: Instance) -> bool:
        """Compare DAG, task and map index."""
        same = all(labels(pod).get(name) == self.label(getattr(instance, name)) for name in IDENTITY[:2])
        return same and self.map_index(pod) == instance.map_index


@known_bad(fails="KEEP-OTHER-RUN", because="that of another DAG failed")
class ForgetsTheDag(AsksOnlyForAnEnd):
    """Takes a run_id for unique among all DAGs."""

    def fits(self, pod: Pod, instance: Instance) -> bool:
        """Compare task, run and map index."""
        same = all(labels(pod).get(name) == self.label(getattr(instance, name)) for name in IDENTITY[1:3])
        return same and self.map_index(pod) == instance.map_index


@known_bad(fails="KEEP-OTHER-RUN", because="share only two of its ids")
class ForgetsTheTask(AsksOnlyForAnEnd):
    """Takes the run for over when one of its tasks is."""

    def fits(self, pod: Pod, instance: Instance) -> bool:
        """Compare DAG and run."""
        return all(labels(pod).get(name) == self.label(getattr(instance, name)) for name in ("dag_id", "run_id"))


@known_bad(fails="KEEP-OTHER-RUN", because="are written with capitals")
class ComparesWithoutCase(AsksOnlyForAnEnd):
    """Compares ids in lower case, as MySQL's usual collation does."""

    def fits(self, pod: Pod, instance: Instance) -> bool:
        """Ignore capitals."""
        return self.map_index(pod) == instance.map_index and all(
            labels(pod).get(name, "").lower() == self.label(getattr(instance, name)).lower() for name in IDENTITY[:3]
        )


@known_bad(fails="KEEP-OTHER-RUN", because="what failed begins alike")
class ComparesBeginnings(AsksOnlyForAnEnd):
    """Looks for rows whose ids begin with those of the pod."""

    def fits(self, pod: Pod, instance: Instance) -> bool:
        """Put a % at the end."""
        return self.map_index(pod) == instance.map_index and all(
            self.label(getattr(instance, name)).startswith(labels(pod).get(name, "")) for name in IDENTITY[:3]
        )


@known_bad(fails="KEEP-OTHER-RUN", because="the one that failed has another hash|have another hash")
class ComparesWithoutTheHash(AsksOnlyForAnEnd):
    """Cuts the hash off the labels and compares what is left."""

    def fits(self, pod: Pod, instance: Instance) -> bool:
        """Think that the readable part is the id."""
        return self.map_index(pod) == instance.map_index and all(
            HASH.sub("", labels(pod).get(name, "")) == HASH.sub("", self.label(getattr(instance, name)))
            for name in IDENTITY[:3]
        )


@known_bad(fails="KEEP-OTHER-RUN", because="reads alike when joined by a dot")
class JoinsIdsWithADot(AsksOnlyForAnEnd):
    """Uses dag_id.task_id as the key of a dictionary."""

    def fits(self, pod: Pod, instance: Instance) -> bool:
        """Compare what is written, and not what it is made of."""
        found = labels(pod)
        key = f"{self.label(instance.dag_id)}.{self.label(instance.task_id)}"
        same = f"{found['dag_id']}.{found['task_id']}" == key and found["run_id"] == self.label(instance.run_id)
        return same and self.map_index(pod) == instance.map_index


@known_bad(fails="KEEP-OTHER-RUN", because="differ in one character")
class MatchesWithLike(AsksOnlyForAnEnd):
    """Compares ids with SQL's LIKE, to which an underscore is any character."""

    def fits(self, pod: Pod, instance: Instance) -> bool:
        """Take the label for a pattern."""
        return self.map_index(pod) == instance.map_index and all(
            re.fullmatch(re.escape(labels(pod).get(name, "")).replace("_", "."), self.label(getattr(instance, name)))
            for name in IDENTITY[:3]
        )


@known_bad(fails="KEEP-AMBIGUOUS", because="one of the two task instances")
class TakesTheFirstMatch(PlainReaper):
    """Believes that a pod's labels fit one task instance only."""

    def is_zombie(self, pod: Pod, instances: Sequence[Instance], pods: Iterable[Pod]) -> bool:
        """Ask the first that fits."""
        ordered = sorted(instances, key=lambda instance: instance.dag_id)
        first = next((instance for instance in ordered if self.fits(pod, instance)), None)
        return first is not None and self.is_over(first)


@known_bad(fails="KEEP-AMBIGUOUS", because="one of the two (task instances|tasks|runs)")
class LetsTheLastMatchWin(PlainReaper):
    """Keeps its rows in a dictionary by their labels, so that the last of them replaces the others."""

    def is_zombie(self, pod: Pod, instances: Sequence[Instance], pods: Iterable[Pod]) -> bool:
        """Ask the one that is left."""
        ordered = sorted(instances, key=lambda instance: (instance.dag_id, instance.task_id, instance.run_id))
        rows = {tuple(self.label(getattr(row, name)) for name in IDENTITY[:3]): row for row in ordered}
        last = rows.get(tuple(labels(pod).get(name, "") for name in IDENTITY[:3]))
        return last is not None and self.map_index(pod) == last.map_index and self.is_over(last)


@known_bad(fails="KEEP-AMBIGUOUS", because="one of the two (tasks|runs) that its labels fit")
class PrefersTheIdThatIsWritten(PlainReaper):
    """Encodes the database's ids only where none of them is the label itself."""

    def is_zombie(self, pod: Pod, instances: Sequence[Instance], pods: Iterable[Pod]) -> bool:
        """Ask the row whose ids stand on the pod, if there is one."""
        found = labels(pod)
        fitting = [instance for instance in instances if self.fits(pod, instance)]
        exact = [row for row in fitting if row.task_id == found["task_id"] and row.run_id == found["run_id"]]
        return super().is_zombie(pod, exact or fitting, pods)


@known_bad(fails="KEEP-AMBIGUOUS", because="one of the four task instances")
class GoesByTheMajority(PlainReaper):
    """Deletes a pod when most of the task instances that it fits are over."""

    def is_zombie(self, pod: Pod, instances: Sequence[Instance], pods: Iterable[Pod]) -> bool:
        """Count votes."""
        over = [self.is_over(instance) for instance in instances if self.fits(pod, instance)]
        return sum(over) * 2 > len(over)


@known_bad(fails="KEEP-AMBIGUOUS", because="runs on it, in its first try")
class LetsANamesakeOvertake(PlainReaper):
    """Takes a pod of a newer try for proof, also where it may be another task instance's."""

    def is_zombie(self, pod: Pod, instances: Sequence[Instance], pods: Iterable[Pod]) -> bool:
        """Ask each row that fits whether it has overtaken the pod."""
        fitting = [instance for instance in instances if self.fits(pod, instance)]
        overtaken = any(self.is_overtaken(pod, instance, pods) for instance in fitting)
        return overtaken or super().is_zombie(pod, instances, pods)


@known_bad(fails="KEEP-ANY-OPERATOR", because="its task, of the operator")
class ListsTheOperators(PlainReaper):
    """Reads only the rows of operators that it has heard of (step 3 of apache/airflow#58968)."""

    operators = ("KubernetesPodOperator", "KubernetesPodOperatorAsync", "SparkKubernetesPodOperator")

    def is_zombie(self, pod: Pod, instances: Sequence[Instance], pods: Iterable[Pod]) -> bool:
        """Delete what none of its rows claims."""
        known = [instance for instance in instances if instance.operator in self.operators]
        return all(self.is_over(instance) for instance in known if self.fits(pod, instance))


@known_bad(fails="KEEP-ANY-OPERATOR", because="its task, of the operator '(PythonOperator|BashOperator|RunNotebook|)'")
class LooksForKubernetesInTheName(PlainReaper):
    """Reads only the rows of operators whose name tells of pods."""

    def is_zombie(self, pod: Pod, instances: Sequence[Instance], pods: Iterable[Pod]) -> bool:
        """Delete what none of its rows claims."""
        known = [instance for instance in instances if re.search("Pod|Kubernetes", instance.operator)]
        return all(self.is_over(instance) for instance in known if self.fits(pod, instance))
