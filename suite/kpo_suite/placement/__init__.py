"""Faults at every step: which are put where, on which testbeds they run, and what each run is judged by.

A world is run once without faults, which teaches its steps; then once for each placement. Nothing here depends on the
clock, on the order of worlds or on how many processes share them: a case, a point and a seed choose.
"""

from kpo_suite.placement.choice import placeable
from kpo_suite.placement.lanes import Lane, Lanes
from kpo_suite.placement.placer import Placer

__all__ = ["Lane", "Lanes", "Placer", "placeable"]
