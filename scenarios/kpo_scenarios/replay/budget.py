"""How much one sweep may delete: its budget, spent on the oldest."""

from datetime import timedelta

from kpo_suite import World, scenario
from kpo_suite.scenario import Pass
from kpo_suite.subjects import ReaperFile

MORE = 2
"""Zombies beyond the budget, the twin not counted."""
UNSTATED = 10
"""What a world is made for whose subject states no budget."""


def two_sweeps(_: ReaperFile) -> list[Pass]:
    """Enough for twice the budget."""
    return [Pass(), Pass()]


@scenario(examines="BOUND-SWEEP", sweeps=two_sweeps)
def more_zombies_than_the_budget(world: World) -> None:
    """A few zombies more than one sweep may delete, and as many pods that run.

        budget     100, or what the reaper states
        zombies    as many and two, the oldest listed last
        sweep 1    the budget's worth, the oldest first, and says that more is left
        sweep 2    the others

    A bad day, or a wrong database, costs a sweep's worth at most (apache/airflow#70140).
    """
    count = (world.claims.deletions or UNSTATED) + MORE
    for number in range(count):
        over = world.task(state="failed", map_index=number)
        pod = world.pod(over, name=f"etl-load-{number:04}", age=timedelta(hours=2, minutes=number))
        pod.zombie(f"map index {number} failed")
    plausible(world, count)


@scenario(examines="BOUND-SWEEP", sweeps=two_sweeps)
def oldest_zombies_are_in_the_last_namespace(world: World) -> None:
    """The budget is one for the whole sweep, and the oldest zombies are in the namespace that comes last.

        scope      airflow, zzz
        airflow    as many zombies as the budget, an hour or two old
        zzz        two zombies, a day old    <- these first

    A budget for each namespace is as many budgets as there are namespaces.
    """
    world.scope = ("airflow", "zzz")
    count = world.claims.deletions or UNSTATED
    for number in range(count):
        over = world.task(state="failed", map_index=number)
        world.pod(over, age=timedelta(hours=1, minutes=number + 1)).zombie(f"map index {number} failed")
    for number in range(MORE):
        old = world.task(task_id="store", state="failed", map_index=number)
        world.pod(old, namespace="zzz", age=timedelta(days=1)).zombie("its task failed a day ago")
    plausible(world, count + MORE)


@scenario(examines="BOUND-SWEEP")
def exactly_as_many_zombies_as_the_budget(world: World) -> None:
    """The last zombie is the last that the sweep may delete.

        budget     100, or what the reaper states
        zombies    as many, the twin of every world among them

    A budget is what may be spent, all of it.
    """
    count = (world.claims.deletions or UNSTATED) - 1
    for number in range(count):
        over = world.task(state="failed", map_index=number)
        world.pod(over, age=timedelta(hours=2)).zombie(f"map index {number} failed")
    plausible(world, count + 1)


def plausible(world: World, zombies: int) -> None:
    """Add so many kept pods that the zombies are not half of all, lest the reaper take them for a mistake."""
    for number in range(zombies + MORE):
        old = world.task(dag_id="archive", map_index=number, state=None, recorded=False)
        pod = world.pod(old, shape="succeeded", labels={"already_checked": "True"})
        pod.kept("its author asked to keep it", examines="KEEP-RETAINED")
