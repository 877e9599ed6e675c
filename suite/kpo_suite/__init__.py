"""What is required and who judges: ledger, subjects, runner, judge, pytest plugin and command line.

What a scenario's author needs is named here; importing it starts nothing.
"""

from kpo_suite.live import LiveRun, LiveTask, LiveWorld, is_running, only_sidecars_run
from kpo_suite.scenario import Case, Scenario, scenario
from kpo_suite.shapes import Shape
from kpo_suite.world import Task, World, WorldPod

__all__ = [
    "Case",
    "LiveRun",
    "LiveTask",
    "LiveWorld",
    "Scenario",
    "Shape",
    "Task",
    "World",
    "WorldPod",
    "is_running",
    "only_sidecars_run",
    "scenario",
]
