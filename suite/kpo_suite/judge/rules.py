"""What a rule of the judge is, and the table of rules by requirement."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from kpo_suite.history import History
from kpo_suite.ledger import requirements


@dataclass(frozen=True, kw_only=True)
class Failure:
    """One breach: ``observed`` says what happened, ``because`` what the subject could have known; whole sentences."""

    observed: str
    because: str = ""


Rule: TypeAlias = Callable[[History, str], Iterator[Failure]]
"""Yields a Failure for each breach of the requirement (given by its id) in the history; nothing when there is none."""

_RULES: dict[str, Rule] = {}


def judges(*identifiers: str) -> Callable[[Rule], Rule]:
    """Declare a rule for requirements of the ledger. Raises ValueError for an unknown or an already judged one."""

    def declare(rule: Rule) -> Rule:
        for identifier in identifiers:
            if identifier not in requirements() or identifier in _RULES:
                raise ValueError(f"{identifier} is not in the ledger, or judged twice")
            _RULES[identifier] = rule
        return rule

    return declare


def judged() -> frozenset[str]:
    """The ids of the requirements that have a rule."""
    return frozenset(_RULES)


def breaches(history: History, requirement: str) -> Iterator[Failure]:
    """Apply the requirement's rule. Raises KeyError when it has none."""
    return _RULES[requirement](history, requirement)
