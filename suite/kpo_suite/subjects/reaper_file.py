"""``reaper.toml``: which reaper, how it runs and what it claims. Typed, with unknown keys refused."""

from __future__ import annotations

import shutil
import sys
import tomllib
from importlib.resources import as_file, files
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import msgspec

from kpo_suite.errors import UsageError
from kpo_suite.subjects.surroundings import DAEMON_PLACEHOLDERS, PLACEHOLDERS

OptionName: TypeAlias = Literal["sql", "rest", "dry-run", "exclusive-scope", "force", "impatient", "cluster-uid"]
"""What a sweep can be asked to be; ``sql`` and ``rest`` are the state source that it is given."""


OF_DAEMONS = frozenset(("daemon", "leader-election", "metrics"))
"""Features that only a process which sweeps by itself can have."""


class Identity(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who the reaper is; printed in every report."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    version: str = ""
    """Empty: not stated."""
    url: str = ""


class Run(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How one sweep is started."""

    adapter: Literal["command", "stdio", "python", "daemon"]
    argv: list[str] = []
    """``command``: the command of one sweep. ``stdio``: the command of the process that is told of each sweep.
    ``daemon``: the command of the process that sweeps by itself until it is told to stop; it may hold ``{interval}``,
    ``{metrics_port}`` and ``{replica}`` besides.
    ``python``: the arguments of the entry point. ``{kubeconfig}``, ``{sql_alchemy_conn}``, ``{database_url}``,
    ``{airflow_url}``, ``{airflow_token}``, ``{airflow_username}``, ``{airflow_password}``, ``{state}`` (a folder that
    outlives the sweep) and ``{namespaces}`` (comma-separated) are filled in, ``{python}`` is the suite's own
    interpreter; an argument with ``{namespace}`` is repeated for each namespace. The process of ``stdio`` outlives its
    world and is told these words with each sweep."""
    entry: str = ""
    """``python``: ``module:function``, called in a fresh copy of a process that has imported it."""
    preload: list[str] = []
    """``python``: further modules to import beforehand, so that no sweep pays for them."""
    fresh: bool = True
    """``python``: whether each sweep has a process of its own; else one makes them all for as long as they succeed."""
    timeout: Annotated[float, msgspec.Meta(gt=0, le=3600)] = 60.0
    """Seconds after which a sweep counts as hung and is killed."""
    env: dict[str, str] = {}
    """Further environment variables, filled in like ``argv``."""
    options: dict[OptionName, list[str]] = {}
    """Arguments that follow ``argv`` where a scenario asks for an option: ``dry-run``, ``exclusive-scope`` (no other
    Airflow uses the namespaces), ``force`` (end with grace 0 what is overdue), ``impatient`` (end requests and sweeps
    within the times of ``claims.request_timeout`` and ``claims.deadline``, which may be short then), ``cluster-uid``
    (act in no other cluster than that whose kube-system has the uid ``{cluster_uid}``); and always those of the state
    source, ``sql`` or ``rest``."""
    invalid: list[Annotated[list[str], msgspec.Meta(min_length=1)]] = []
    """Arguments that the reaper has to refuse (BOUND-CONFIG): each list follows ``argv`` in a sweep of its own."""


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """One rule of RBAC that the reaper documents, written as in a ClusterRole."""

    api_groups: list[str]
    resources: list[str]
    verbs: list[str]


class Breaker(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When so many pods look like zombies that the reaper deletes none: more than ``floor``, and than ``share``."""

    share: Annotated[float, msgspec.Meta(gt=0, lt=1)]
    floor: Annotated[int, msgspec.Meta(ge=0)]


class Accounting(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How deletions are read from the reaper's standard output: lines that are JSON objects, and the names in them."""

    deleted: dict[str, bool | int | str] = msgspec.field(default_factory=lambda: {"outcome": "deleted"})
    """What an object holds that tells of a committed deletion."""
    would_delete: dict[str, bool | int | str] = msgspec.field(default_factory=lambda: {"outcome": "would-delete"})
    """The same for what a dry run would have deleted."""
    budget_reached: dict[str, bool | int | str] = msgspec.field(default_factory=lambda: {"budget_reached": True})
    """What an object holds that tells that a sweep's budget was reached."""
    sweep_ended: dict[str, bool | int | str] = {}
    """What an object holds with which a daemon ends each of its sweeps, failed ones too; empty: it says nothing."""
    sweep_failed: dict[str, bool | int | str] = {}
    """What such an object holds besides where the sweep has failed; empty: it says nothing of that."""
    namespace: str = "namespace"
    pod: str = "pod"
    uid: str = "uid"
    task: str = "task_instance"
    reason: str = "reason"


class Metrics(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The names of a daemon's metrics as it exposes them under ``/metrics``: counters but where it says gauge."""

    candidates: str = "reaper_candidates_total"
    """Pods that a sweep found to be zombies."""
    deletions: str = "reaper_deletions_total"
    """Deletions that the API server committed; always a counter."""
    skips: str = "reaper_skips_total"
    """Pods that were listed and left alone, with the label ``reason``."""
    reason: str = "reason"
    """The name of that label."""
    errors: str = "reaper_errors_total"
    """Requests and queries that failed; always a counter."""
    last_success: str = "reaper_last_success_timestamp_seconds"
    """When the last sweep without a failure ended, in seconds since the epoch; 0 or absent before there was one."""


class Claims(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the reaper states of itself."""

    features: list[str] = []
    """Optional features of the ledger that it claims; ``core`` is always claimed."""
    sweeps: Annotated[int, msgspec.Meta(ge=1, le=20)] = 1
    """How many sweeps it needs before a zombie is gone: more than 1 for one that waits for a second sighting."""
    airflow: list[str] = []
    """The Airflow generations that it claims, as ``2.10``; none: all that the suite knows."""
    minimum_age: Annotated[float, msgspec.Meta(ge=0)] = 300.0
    """Seconds for which a pod is kept though no task instance fits it."""
    terminal_age: Annotated[float, msgspec.Meta(ge=0)] = 300.0
    """Seconds for which a pod is kept after its end."""
    deletions: Annotated[int, msgspec.Meta(ge=1, le=1000)] | None = None
    """The most pods that one sweep deletes (feature ``budget``)."""
    breaker: Breaker | None = None
    """When a sweep deletes nothing because too much looks like a zombie (feature ``budget``)."""
    opt_out: dict[str, str] = {}
    """The annotations of a pod that asks to be kept (feature ``opt-out``)."""
    request_timeout: Annotated[float, msgspec.Meta(gt=0, le=3600)] | None = None
    """Seconds within which it ends each request when it is asked to be impatient; None: ``deadline`` is for all."""
    deadline: Annotated[float, msgspec.Meta(gt=0, le=3600)] | None = None
    """Seconds within which a sweep ends that is asked to be impatient; None: until ``run.timeout``."""
    rules: list[Rule] = []
    """The RBAC rules that it documents."""
    accounting: Accounting = Accounting()
    interval: Annotated[float, msgspec.Meta(gt=0)] = 60.0
    """Seconds from the end of one sweep of a daemon to the next."""
    stop_within: Annotated[float, msgspec.Meta(gt=0)] = 30.0
    """Seconds after SIGTERM within which a daemon ends."""
    lease_seconds: Annotated[float, msgspec.Meta(gt=0)] = 15.0
    """Seconds after which a daemon that was stopped acts on nothing that it had decided: the duration of its lease."""
    takeover_within: Annotated[float, msgspec.Meta(gt=0)] = 30.0
    """Seconds within which another replica goes on when the holder of the lease is gone (feature leader-election)."""
    metrics: Metrics = Metrics()


class ReaperFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file."""

    reaper: Identity
    run: Run
    claims: Claims = Claims()


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
    _check_run(path, found.run)
    needed = [each for each in found.claims.features if each in OF_DAEMONS and found.run.adapter != "daemon"]
    if needed:
        raise UsageError(f"{path}: the feature {needed[0]} needs the adapter daemon; drop it or name that adapter.")
    return found


def reference() -> ReaperFile:
    """The reference reaper, which is the subject when no file is given. Raises UsageError when it is not installed."""
    if find_spec("kpo_reaper") is None:
        raise UsageError("kpo-reaper, the default subject, is not installed; install it or name another with --reaper.")
    with as_file(files(__name__.rpartition(".")[0]).joinpath("reference.toml")) as path:
        return load(path)


def _check_placeholders(path: Path, found: ReaperFile) -> None:
    more = [argument for arguments in found.run.options.values() for argument in arguments]
    words = PLACEHOLDERS | (DAEMON_PLACEHOLDERS if found.run.adapter == "daemon" else frozenset())
    for text in (*found.run.argv, *found.run.env.values(), *more):
        for part in text.split("{")[1:]:
            word, closed, _ = part.partition("}")
            if closed and word.isidentifier() and word not in words:
                known = ", ".join(f"{{{name}}}" for name in sorted(words))
                raise UsageError(f"{path}: {{{word}}} is no placeholder; known are {known}.")


def _check_run(path: Path, run: Run) -> None:
    if run.adapter == "python":
        module, colon, function = run.entry.partition(":")
        if not (module and colon and function):
            raise UsageError(f"{path}: the adapter python needs run.entry as 'module:function', not {run.entry!r}.")
        missing = [name for name in (module, *run.preload) if not _importable(name)]
        if missing:
            raise UsageError(
                f"{path}: the module {missing[0]!r} was not found; install it where kpo-conformance is installed."
            )
        return
    if not run.argv:
        raise UsageError(f"{path}: the adapter {run.adapter} needs run.argv, the command to run.")
    command = run.argv[0].replace("{python}", sys.executable)
    if shutil.which(command) is None:
        raise UsageError(
            f"{path}: the command {command!r} was not found; install it or give its full path in run.argv."
        )


def _importable(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except (ImportError, ValueError):
        return False
