"""The reaper under test, reached through an adapter. ``reaper.toml`` names it; it may be written in any language."""

from kpo_suite.subjects.command import CommandSubject, Surroundings
from kpo_suite.subjects.reaper_file import ReaperFile, load, reference

__all__ = ["CommandSubject", "ReaperFile", "Surroundings", "load", "reference"]
