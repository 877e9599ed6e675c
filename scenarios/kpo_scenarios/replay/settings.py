"""Settings that cannot be meant: refused at the start, with a word about it."""

from kpo_suite import World, scenario
from kpo_suite.scenario import Pass
from kpo_suite.subjects import ReaperFile


def odd_ones_then_a_plain_one(file: ReaperFile) -> list[Pass]:
    """A sweep with each of the invalid settings that the subject states, and one without."""
    return [*(Pass(extra=tuple(odd), refused=True) for odd in file.run.invalid), Pass()]


def odd_dry_runs_then_a_plain_one(file: ReaperFile) -> list[Pass]:
    """The same in dry runs."""
    odd = (Pass(options=("dry-run",), extra=tuple(each), refused=True) for each in file.run.invalid)
    return [*odd, Pass()]


@scenario(examines="BOUND-CONFIG", sweeps=odd_ones_then_a_plain_one)
def odd_settings_end_a_sweep_before_it_begins(world: World) -> None:
    """A zombie waits, and each sweep but the last is given a setting that cannot be meant.

        sweep with a budget of 0        refused, exit code not 0, says why, writes nothing
        sweep with an age below zero    the same
        sweep with an unknown setting   the same
        sweep without                   deletes the zombie

    pod-reaper takes 0 for unlimited; who types 0 means none at all.
    """
    world.pod(world.task(state="failed"), shape="sidecar").zombie("its task failed")
    world.pod(world.task(task_id="check", state="running")).live("its task runs")


@scenario(examines="BOUND-CONFIG", sweeps=odd_dry_runs_then_a_plain_one)
def odd_settings_are_refused_in_a_dry_run_too(world: World) -> None:
    """The settings are tried out first, as they should be.

        dry run with each odd setting    refused, exit code not 0, says why
        sweep without                    deletes the zombie

    A dry run that takes a setting which the real sweep refuses has shown nothing.
    """
    world.pod(world.task(state="failed"), shape="unschedulable").zombie("its task failed before it started")
