"""How Airflow writes an id into a pod label; the way back does not exist, so ids are encoded and labels compared.

The rule is that of ``make_safe_label_value`` in apache-airflow-providers-cncf-kubernetes (``pod_generator.py``),
unchanged since Airflow 1.10; KubernetesPodOperator puts dag_id, task_id and run_id through it.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache

LONGEST_LABEL = 63
"""Characters in a label value, from the Kubernetes syntax of labels."""
TAIL_LENGTH = 9
"""Hex digits of the MD5 at the end of an altered label: 36 bits, so two ids can share a label."""

_ILLEGAL = re.compile(r"[^a-zA-Z0-9_.-]")
_LEADING = re.compile(r"\A[^a-zA-Z0-9]+")
_TRAILING = re.compile(r"[^a-zA-Z0-9]+\Z")
_TAIL = re.compile(r"-([0-9a-f]{9})\Z")


@lru_cache(maxsize=1 << 16)
def label_of(identifier: str) -> str:
    """The label value that Airflow gives to a dag_id, task_id or run_id.

    Unchanged where the id is a label already; otherwise what is legal of it, cut to 53 characters, and the first nine
    hex digits of the MD5 of the id.
    """
    legal = _TRAILING.sub("", _ILLEGAL.sub("", _LEADING.sub("", identifier)))
    if legal == identifier and len(identifier) <= LONGEST_LABEL:
        return identifier
    digest = hashlib.md5(identifier.encode(), usedforsecurity=False).hexdigest()[:TAIL_LENGTH]
    return f"{legal[: LONGEST_LABEL - TAIL_LENGTH - 1]}-{digest}"


def tail_of(label: str) -> str | None:
    """The nine hex digits at the end of a label that may stand for an altered id, or None where it cannot.

    An id whose label is ``label`` either equals it or has an MD5 that begins with these digits: that lets a database
    narrow its answer without knowing the rule.
    """
    found = _TAIL.search(label)
    return found[1] if found else None
