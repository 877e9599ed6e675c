"""Mutation testing of what must not be wrong: the judge's rules and the decision table.

``make`` writes mutants with the operators of cosmic-ray (and, for the table, rows and conditions taken away), ``run``
gives each to the fast unit tests in a fork of its own: no file is ever changed. README.md says how to repeat it.
"""

from __future__ import annotations

import ast
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
MODULES = {
    **{
        f"kpo_suite.judge.{name}": f"suite/kpo_suite/judge/{name}.py"
        for name in (
            *("accounts", "api", "bound", "delete", "keep", "reap", "resist", "rules", "source", "tell", "verdicts"),
        )
    },
    "kpo_scenarios.decision_table": "scenarios/kpo_scenarios/decision_table.py",
}
TESTS = ["tests/suite/judge", "tests/suite/test_judge.py"]
TABLE_TESTS = ["tests/scenarios/test_decision_table.py"]
OPERATORS = (
    "AddNot",
    "ExceptionReplacer",
    "NumberReplacer",
    "RemoveDecorator",
    "ReplaceAndWithOr",
    "ReplaceOrWithAnd",
    "ReplaceBreakWithContinue",
    "ReplaceContinueWithBreak",
    "ReplaceTrueWithFalse",
    "ReplaceFalseWithTrue",
    "ReplaceUnaryOperator_Delete_Not",
    "ZeroIterationForLoop",
    *(f"ReplaceComparisonOperator_{pair}" for pair in ("Eq_NotEq", "NotEq_Eq", "Lt_LtE", "LtE_Lt", "Gt_GtE", "GtE_Gt")),
    *(f"ReplaceComparisonOperator_{pair}" for pair in ("Lt_Gt", "LtE_GtE", "Gt_Lt", "GtE_LtE", "Is_IsNot", "IsNot_Is")),
    *(
        f"ReplaceBinaryOperator_{pair}"
        for pair in ("Sub_Add", "Add_Sub", "FloorDiv_Mul", "BitAnd_BitOr", "BitXor_BitAnd")
    ),
)
"""Of cosmic-ray's operators those that say something about rules; of signs for one another, the near ones."""
QUIETLY = [
    *("-x", "-q", "-n", "0", "-p", "no:cacheprovider", "--tb=no"),
    # pytest would rewrite plugins' modules, and so load them itself from their files.
    "--assert=plain",
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),
]
TIMEOUT = 60
"""Seconds after which a mutant counts as caught: it hangs."""


def make(target: str) -> None:
    """Write every mutant as JSON lines. Needs cosmic-ray."""
    from cosmic_ray.mutating import mutate_code  # type: ignore[import-not-found]
    from cosmic_ray.plugins import get_operator, operator_names  # type: ignore[import-not-found]

    wanted = [name for name in operator_names() if name.rpartition("/")[2] in OPERATORS]
    with Path(target).open("w", encoding="utf-8") as out:
        for module, path in MODULES.items():
            source = (ROOT / path).read_text(encoding="utf-8")
            found: dict[str, str] = {}
            for name in wanted:
                occurrence = 0
                while (code := mutate_code(source, get_operator(name)(), occurrence)) is not None:
                    found.setdefault(code, f"{name.rpartition('/')[2]} {occurrence}")
                    occurrence += 1
            if module.endswith("decision_table"):
                found.update({code: what for what, code in table_mutants(source)})
            for code, what in found.items():
                line = _first_difference(source, code)
                out.write(json.dumps({"module": module, "what": what, "line": line, "code": code}) + "\n")


def table_mutants(source: str) -> Iterator[tuple[str, str]]:
    """The table without one of its rows, without one of a row's conditions, with two neighbours exchanged."""
    tree = ast.parse(source)
    table = next(
        node.value for node in tree.body if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "TABLE"
    )
    assert isinstance(table, ast.Tuple)
    rows = list(table.elts)
    for place, row in enumerate(rows):
        table.elts = [*rows[:place], *rows[place + 1 :]]
        yield f"row {place} taken away", ast.unparse(tree)
        if place:
            table.elts = [*rows[: place - 1], row, rows[place - 1], *rows[place + 1 :]]
            yield f"row {place} before row {place - 1}", ast.unparse(tree)
        table.elts = rows
        assert isinstance(row, ast.Call)
        conditions = list(row.keywords)
        for number, condition in enumerate(conditions):
            row.keywords = [*conditions[:number], *conditions[number + 1 :]]
            yield f"row {place} without {condition.arg}", ast.unparse(tree)
        row.keywords = conditions


def _first_difference(source: str, code: str) -> int:
    pairs = zip(source.splitlines(), code.splitlines(), strict=False)
    return next((number for number, (one, other) in enumerate(pairs, 1) if one != other), 0)


class Mutated(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Loads one module from a text instead of its file."""

    def __init__(self, module: str, path: Path, code: str) -> None:
        self._module, self._path, self._code = module, path, code

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        if fullname != self._module:
            return None
        return importlib.util.spec_from_file_location(fullname, self._path, loader=self)  # type: ignore[arg-type]

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self._code, str(self._path), "exec"), vars(module))


def outcome(mutant: dict[str, Any]) -> str:
    """``killed``, ``survived`` or ``slow``: what the tests say of a mutant, found out in a fork."""
    child = os.fork()
    if child == 0:
        signal.alarm(TIMEOUT)
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
        code = 99
        try:
            import pytest

            sys.meta_path.insert(0, Mutated(mutant["module"], ROOT / MODULES[mutant["module"]], mutant["code"]))
            tests = TABLE_TESTS if mutant["module"].endswith("decision_table") else TESTS
            code = int(pytest.main([*QUIETLY, *tests]))
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return "slow"
    return "survived" if os.WEXITSTATUS(status) == 0 else "killed"


def decides_alike(code: str) -> bool:
    """Whether a changed table has the same fate and requirement for every combination: there is nothing to kill.

    Found out in a fork too: what this process has imported, no later mutant could replace.
    """
    child = os.fork()
    if child == 0:
        alike = False
        try:
            alike = _decides_alike(code)
        finally:
            os._exit(0 if alike else 1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def _decides_alike(code: str) -> bool:
    from kpo_scenarios import decision_table as original

    changed = ModuleType("changed_table")
    changed.__dict__["__name__"] = original.__name__  # its dataclasses look their module up
    exec(compile(code, "changed", "exec"), vars(changed))

    def told(table: Any, situation: Any) -> tuple[str, str]:
        row = next((row for row in table.TABLE if row.fits(situation)), None)
        return (row.fate, row.requirement) if row else ("", "")

    return all(
        told(original, situation) == told(changed, situation)
        for airflow in ("2.7", "3.3")
        for scope in original.DIMENSIONS["scope"]
        for situation in original.situations(airflow, scope)
    )


def run(source: str) -> int:
    """Judge every mutant of the file; print the survivors and the score of each module."""
    os.chdir(ROOT)
    for name in ("pytest", "hypothesis", "msgspec", "orjson", "aiohttp", "yaml", "rich", "kpo_fixtures.gateways"):
        importlib.import_module(name)  # what no mutant changes is imported once
    counts: Counter[tuple[str, str]] = Counter()
    mutants = [json.loads(line) for line in Path(source).read_text(encoding="utf-8").splitlines()]
    for module, path in MODULES.items():
        unchanged = {"module": module, "code": (ROOT / path).read_text(encoding="utf-8")}
        if outcome(unchanged) != "survived":
            raise SystemExit(f"the tests do not pass with {module} as it is: nothing can be said of its mutants")
    for mutant in mutants:
        found = outcome(mutant)
        if found == "survived" and mutant["module"].endswith("decision_table") and decides_alike(mutant["code"]):
            found = "equivalent"
        counts[mutant["module"], found] += 1
        if found not in ("killed", "equivalent"):
            text = mutant["code"].splitlines()[mutant["line"] - 1].strip() if mutant["line"] else ""
            print(f"{found}: {mutant['module']}:{mutant['line']} {mutant['what']}: {text}", flush=True)
    for module in MODULES:
        total = sum(number for (name, found), number in counts.items() if name == module and found != "equivalent")
        if total:
            print(f"{module}: {total - counts[module, 'survived']} of {total} killed")
    equivalent = sum(number for (_, found), number in counts.items() if found == "equivalent")
    survived = sum(number for (_, found), number in counts.items() if found == "survived")
    total = len(mutants) - equivalent
    print(f"{total - survived} of {total} killed, {1 - survived / (total or 1):.1%}; {equivalent} decide alike")
    return 0


if __name__ == "__main__":
    sys.exit(make(sys.argv[2]) if sys.argv[1] == "make" else run(sys.argv[2]))
