"""``reaper.toml``: which reaper, how it runs and what it claims. Typed, with unknown keys refused."""

from __future__ import annotations

import shutil
import sys
import tomllib
from importlib.resources import as_file, files
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from kpo_suite.errors import UsageError


class Identity(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who the reaper is; printed in every report."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    version: str = ""
    """Empty: not stated."""
    url: str = ""


class Run(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How one sweep is started."""

    adapter: Literal["command"]
    argv: Annotated[list[str], msgspec.Meta(min_length=1)]
    """The command of one sweep. ``{kubeconfig}``, ``{sql_alchemy_conn}``, ``{database_url}`` and ``{namespaces}``
    (comma-separated) are filled in, ``{python}`` is the suite's own interpreter; an argument with ``{namespace}`` is
    repeated for each namespace."""
    timeout: Annotated[float, msgspec.Meta(gt=0, le=3600)] = 60.0
    """Seconds after which a sweep counts as hung and is killed."""
    env: dict[str, str] = {}
    """Further environment variables, filled in like ``argv``."""


class Claims(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the reaper states of itself."""

    features: list[str] = []
    """Optional features of the ledger that it claims; ``core`` is always claimed."""
    sweeps: Annotated[int, msgspec.Meta(ge=1, le=20)] = 1
    """How many sweeps it needs before a zombie is gone: more than 1 for one that waits for a second sighting."""


class ReaperFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file."""

    reaper: Identity
    run: Run
    claims: Claims = Claims()


PLACEHOLDERS = frozenset(("kubeconfig", "sql_alchemy_conn", "database_url", "namespaces", "namespace", "python"))


def load(path: Path) -> ReaperFile:
    """Read and check a reaper file.

    Raises UsageError, one sentence with the path, when it is missing, no TOML, malformed, holds an unknown key or
    placeholder, or names a command that is not found.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UsageError(
            f"{path}: there is no such reaper file; give the path of a reaper.toml with --reaper."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: the reaper file cannot be read ({error}); give a readable TOML file.") from None
    try:
        found = msgspec.convert(tomllib.loads(text), ReaperFile)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path}: the reaper file is not valid TOML ({error}); correct it there.") from None
    except msgspec.ValidationError as error:
        raise UsageError(f"{path}: the reaper file is not as expected: {error}.") from None
    _check_placeholders(path, found)
    _check_command(path, found.run.argv[0])
    return found


def reference() -> ReaperFile:
    """The reference reaper, which is the subject when no file is given. Raises UsageError when it is not installed."""
    if find_spec("kpo_reaper") is None:
        raise UsageError("kpo-reaper, the default subject, is not installed; install it or name another with --reaper.")
    with as_file(files(__name__.rpartition(".")[0]).joinpath("reference.toml")) as path:
        return load(path)


def _check_placeholders(path: Path, found: ReaperFile) -> None:
    for text in (*found.run.argv, *found.run.env.values()):
        for part in text.split("{")[1:]:
            word, closed, _ = part.partition("}")
            if closed and word.isidentifier() and word not in PLACEHOLDERS:
                known = ", ".join(f"{{{name}}}" for name in sorted(PLACEHOLDERS))
                raise UsageError(f"{path}: {{{word}}} is no placeholder; known are {known}.")


def _check_command(path: Path, word: str) -> None:
    command = word.replace("{python}", sys.executable)
    if shutil.which(command) is None:
        raise UsageError(
            f"{path}: the command {command!r} was not found; install it or give its full path in run.argv."
        )
