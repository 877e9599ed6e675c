"""The reaper under test, reached through an adapter. ``reaper.toml`` names it; it may be written in any language."""

from kpo_suite.subjects.adapter import Subject
from kpo_suite.subjects.forked import Hosts
from kpo_suite.subjects.opening import open_subject
from kpo_suite.subjects.reaper_file import ReaperFile, load, reference
from kpo_suite.subjects.shipped import ShippedReaper
from kpo_suite.subjects.surroundings import Outcome, Surroundings

__all__ = [
    "Hosts",
    "Outcome",
    "ReaperFile",
    "ShippedReaper",
    "Subject",
    "Surroundings",
    "load",
    "open_subject",
    "reference",
]
