"""Random stories: tasks run, fail, retry, defer and are cleared, pods are made anew, and sweeps come in between.

The reference reaper sweeps real stores. It never deletes a pod that a small model of Airflow still needs, and each
sweep takes every zombie.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kpo_suite import World
from kpo_suite.scenario import Pass
from kpo_suite.settings import DEFAULT_AIRFLOW, settle
from kpo_suite.subjects import Subject, open_subject, reference
from kpo_suite.sweeping import sweep
from kpo_suite.testbed import Testbed
from kpo_suite.world import RUN, Task

ENDS = ("failed", "success", "skipped")
BEGINS = ("reattaches", "runs_anew")
STEPS: dict[str | None, tuple[str, ...]] = {
    None: BEGINS,
    "up_for_retry": BEGINS,
    "running": ("retries", "ends", "defers", "is_made_again"),
    "deferred": ("resumes", "ends"),
    **dict.fromkeys(ENDS, ("is_cleared",)),
}
"""What may happen to a task instance in each state."""


@dataclass
class Story:
    """One task instance: its state and attempt, and of each of its pods, by name, the try's label and if needed."""

    number: int
    state: str | None = None
    attempt: int = 0
    pods: dict[str, tuple[int, bool]] = field(default_factory=dict)

    @property
    def task(self) -> Task:
        return Task(
            dag_id="story",
            task_id=f"t{self.number}",
            state=self.state,
            try_number=self.attempt,
            max_tries=9,
            run_id=RUN,
        )


class Stage:
    """The stores, and the stories that are written there."""

    def __init__(self, testbed: Testbed, subject: Subject) -> None:
        testbed.reset(DEFAULT_AIRFLOW)
        self.testbed, self.subject = testbed, subject
        self.world = World(now=testbed.present().replace(microsecond=0))
        self.stories = [Story(number) for number in range(3)]
        self.made = self.sweeps = 0
        testbed.cluster.seed(self.world.manifests())
        testbed.database.write(story.task.row(self.world.now, DEFAULT_AIRFLOW) for story in self.stories)
        testbed.show(self.world)

    def go_on(self, number: int, choice: int) -> None:
        """Let one task take one of the steps that its state allows."""
        story = self.stories[number]
        steps = STEPS[story.state]
        self.do(steps[choice % len(steps)], story)

    def do(self, step: str, story: Story) -> None:
        getattr(self, step)(story)
        self.testbed.database.delete_task_instance("story", RUN, story.task.task_id)
        self.testbed.database.write([story.task.row(self.world.now, DEFAULT_AIRFLOW)])

    def runs_anew(self, story: Story) -> None:
        """The next attempt finds no pod to adopt and makes its own: older ones are overtaken."""
        story.attempt, story.state = story.attempt + 1, "running"
        story.pods = {name: (label, False) for name, (label, _) in story.pods.items()}
        self.make(story)

    def reattaches(self, story: Story) -> None:
        """The next attempt adopts the pod that is there, and makes one only where there is none."""
        if not story.pods:
            self.runs_anew(story)
        else:
            story.attempt, story.state = story.attempt + 1, "running"

    def ends(self, story: Story) -> None:
        """It is over; the sidecars of its pods hang."""
        if story.state in ("running", "deferred"):
            story.state = ENDS[self.made % len(ENDS)]
            story.pods = {name: (label, False) for name, (label, _) in story.pods.items()}

    def retries(self, story: Story) -> None:
        """Its attempt fails, and the next one may adopt what goes on."""
        story.state = "up_for_retry"
        self.may_adopt(story)

    def defers(self, story: Story) -> None:
        """It waits in the triggerer; where it has overtaken another pod, the decision table leaves that undecided."""
        if len(story.pods) == 1:
            story.state = "deferred"

    def resumes(self, story: Story) -> None:
        """The triggerer gives it back."""
        story.state = "running"

    def is_cleared(self, story: Story) -> None:
        """Somebody clears it: what is still there may be adopted."""
        story.state = None
        self.may_adopt(story)

    def is_made_again(self, story: Story) -> None:
        """Its newest pod is deleted by another hand, and one of the same name comes."""
        if story.pods:
            name = list(story.pods)[-1]
            self.make(story, name=name, label=story.pods[name][0], needed=story.pods[name][1])

    def may_adopt(self, story: Story) -> None:
        """A coming attempt looks for a pod without regard to its try."""
        story.pods = {name: (label, True) for name, (label, _) in story.pods.items()}

    def make(self, story: Story, *, name: str | None = None, label: int | None = None, needed: bool = True) -> None:
        self.made += 1
        age = timedelta(hours=2) - timedelta(minutes=self.made)
        label = story.attempt if label is None else label
        shape = "running" if needed else "sidecar"
        pod = self.world.pod(story.task, try_number=label, name=name or f"pod-{self.made:03}", age=age, shape=shape)
        pod.manifest["metadata"]["uid"] = f"00000000-0000-4000-8000-{self.made:012}"
        self.testbed.cluster.seed([pod.manifest])
        story.pods.pop(pod.name, None)
        story.pods[pod.name] = (label, needed)

    def sweep(self) -> None:
        self.sweeps += 1
        made = sweep(self.subject, self.testbed, Pass(), self.sweeps)
        assert made.exit_code == 0, made.failure
        there = {
            pod["metadata"]["name"]
            for pod in self.testbed.cluster.objects("pods")
            if "deletionTimestamp" not in pod["metadata"]
        }
        for story in self.stories:
            for name, (label, needed) in list(story.pods.items()):
                what = f"{name} of try {label}, {story.task.truth}"
                assert (name in there) == needed, f"{what}: {'deleted' if needed else 'left'}"
                if not needed:
                    del story.pods[name]


@pytest.fixture(scope="module")
def testbed() -> Iterator[Testbed]:
    with Testbed(settle(reaper=None, cluster=None, airflow=None)) as testbed:
        yield testbed


@pytest.fixture(scope="module")
def subject() -> Iterator[Subject]:
    with open_subject(reference()) as subject:
        yield subject


@settings(
    max_examples=12,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.integers(0, 11), st.sampled_from((False, False, True))),
        min_size=6,
        max_size=24,
    )
)
def test_no_needed_pod_goes_and_no_zombie_stays(
    testbed: Testbed, subject: Subject, steps: list[tuple[int, int, bool]]
) -> None:
    stage = Stage(testbed, subject)
    for number, choice, sweeps in steps:
        stage.go_on(number, choice)
        if sweeps:
            stage.sweep()
    stage.sweep()
    for story in stage.stories:
        stage.do("ends", story)
    stage.sweep()
