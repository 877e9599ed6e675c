"""What the reaper is told: flags over KPO_REAPER_* variables over a TOML file over defaults; oddities are refused."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from kpo_reaper.errors import SettingsError
from kpo_reaper.pods import is_namespace
from kpo_reaper.policy import Rules

PREFIX = "KPO_REAPER_"
AIRFLOW_CONN = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"
AIRFLOW_URL = "AIRFLOW__API__BASE_URL"
AIRFLOW_TOKEN = "AIRFLOW_CLI_TOKEN"  # noqa: S105 - the name of the variable

# The variables that Kubernetes sets in every pod of a namespace that has a Service called kpo-reaper.
_SERVICE_LINK = re.compile(PREFIX + r"(SERVICE_HOST|SERVICE_PORT(_.*)?|PORT(_.*)?)")
_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?)(s|m|h|d)?")
_CREDENTIALS = {"airflow_token", "airflow_username", "airflow_password"}
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What one sweep works by. Ages and time-outs are seconds; without ``kubeconfig`` the environment leads.

    ``cluster_uid`` is that of the namespace kube-system where pods may be deleted; empty: wherever the way leads.

    Airflow is read through its database or, if ``airflow_url`` is not empty, through its REST API.
    """

    sql_alchemy_conn: str = ""
    airflow_url: str = ""
    airflow_token: str = ""
    airflow_username: str = ""
    airflow_password: str = ""
    namespaces: tuple[str, ...] = ()
    all_namespaces: bool = False
    kubeconfig: str | None = None
    cluster_uid: str = ""
    exclusive_scope: bool = False
    min_age: float = 300.0
    terminal_age: float = 300.0
    max_deletions: int = 100
    breaker_share: float = 0.5
    breaker_floor: int = 50
    request_timeout: float = 30.0
    deadline: float = 300.0
    dry_run: bool = False
    output: str = "text"

    @property
    def rules(self) -> Rules:
        """The part that decisions depend on."""
        return Rules(
            namespaces=None if self.all_namespaces else frozenset(self.namespaces),
            exclusive_scope=self.exclusive_scope,
            min_age=timedelta(seconds=self.min_age),
            terminal_age=timedelta(seconds=self.terminal_age),
        )


def load(
    flags: Mapping[str, Any], *, environ: Mapping[str, str], config: str | None = None, namespace: str | None = None
) -> Settings:
    """Put the settings together; ``flags`` holds those that were given on the command line, None for the others.

    ``config`` is the path of the TOML file, by default what ``KPO_REAPER_CONFIG`` says; ``namespace`` is the scope
    where none is told. Raises SettingsError.
    """
    config = config or environ.get(PREFIX + "CONFIG") or None
    told: dict[str, Any] = {}
    if config is not None:
        told |= _from_file(config)
    told |= _from_environment(environ)
    for name, value in flags.items():
        if value is not None:
            told[name] = _KINDS[name](value, "--" + name.replace("_", "-"))
    _complete(told, environ)
    if namespace and not (told.get("namespaces") or told.get("all_namespaces")):
        told["namespaces"] = _namespaces([namespace], "the pod's namespace")
    return _checked(Settings(**told))


def _complete(told: dict[str, Any], environ: Mapping[str, str]) -> None:
    """Add what Airflow's own variables say where nothing was told; its database goes before its REST API."""
    if "sql_alchemy_conn" not in told and "airflow_url" not in told:
        if environ.get(AIRFLOW_CONN) and not told.keys() & _CREDENTIALS:
            told["sql_alchemy_conn"] = environ[AIRFLOW_CONN]
        elif environ.get(AIRFLOW_URL):
            told["airflow_url"] = _url(environ[AIRFLOW_URL], AIRFLOW_URL)
    if "airflow_url" in told and not told.keys() & _CREDENTIALS and environ.get(AIRFLOW_TOKEN):
        told["airflow_token"] = _token(environ[AIRFLOW_TOKEN], AIRFLOW_TOKEN)


def _checked(settings: Settings) -> Settings:
    if not settings.sql_alchemy_conn and not settings.airflow_url:
        raise SettingsError(
            f"no Airflow: give --sql-alchemy-conn or --airflow-url, or set {AIRFLOW_CONN} or {AIRFLOW_URL}"
        )
    if settings.sql_alchemy_conn and settings.airflow_url:
        raise SettingsError("Airflow is read through --sql-alchemy-conn or --airflow-url: both are given")
    named = bool(settings.airflow_username), bool(settings.airflow_password)
    if settings.airflow_url:
        if settings.airflow_token and any(named):
            raise SettingsError("Airflow's REST API is given a token or a name and a password: both are given")
        if not settings.airflow_token and not all(named):
            raise SettingsError(
                "Airflow's REST API wants --airflow-token, or both --airflow-username and --airflow-password"
            )
    elif settings.airflow_token or any(named):
        raise SettingsError("a token, name or password for Airflow's REST API is of no use without --airflow-url")
    if settings.all_namespaces == bool(settings.namespaces):
        told = "both are" if settings.all_namespaces else "neither is"
        raise SettingsError(f"the scope is either --namespace, once or more, or --all-namespaces: {told} given")
    return settings


def _from_file(path: str) -> dict[str, Any]:
    try:
        document = tomllib.loads(Path(path).read_text())
    except OSError as error:
        raise SettingsError(f"settings file {path} cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        # The message would quote the file, which may hold a password.
        raise SettingsError(f"settings file {path} is not TOML") from None
    return {name: _kind(name, f"{name} in {path}")(value, f"{name} in {path}") for name, value in document.items()}


def _from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    told = {}
    for variable, text in environ.items():
        name = variable.removeprefix(PREFIX).lower()
        if not variable.startswith(PREFIX) or name == "config" or _SERVICE_LINK.fullmatch(variable):
            continue
        told[name] = _kind(name, variable)(text, variable)
    return told


def _kind(name: str, where: str) -> Callable[[Any, str], Any]:
    if name not in _KINDS:
        raise SettingsError(f"{where} is not a setting: there are {', '.join(sorted(_KINDS))}")
    return _KINDS[name]


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str) or not value:
        raise SettingsError(f"{where} must be a text that is not empty")
    return value


def _url(value: Any, where: str) -> str:
    text = _text(value, where)
    try:
        parts = urlsplit(text)
        # Reading the port checks it. What names a user would hold a password, which messages then quote.
        usable = bool(parts.scheme in ("http", "https") and parts.hostname and parts.port != 0)
        usable = usable and not (parts.username or parts.password or parts.query or parts.fragment)
    except ValueError:
        usable = False
    if not usable:
        raise SettingsError(f"{where} must be a URL such as https://airflow.example.org, without user and query")
    return text.rstrip("/")


def _token(value: Any, where: str) -> str:
    text = _text(value, where).strip()
    if not re.fullmatch(r"[!-~]+", text):
        raise SettingsError(f"{where} must be a token: one word of ASCII characters")
    return text


def _uid(value: Any, where: str) -> str:
    text = _text(value, where).strip()
    if not re.fullmatch(r"[0-9A-Za-z-]+", text):
        raise SettingsError(f"{where} must be the uid of the namespace kube-system, as kubectl shows it")
    return text


def _share(value: Any, where: str) -> float:
    try:
        share = float(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else math.nan
    except ValueError:
        share = math.nan
    if not 0 < share <= 1:
        raise SettingsError(f"{where} must be a part of one, above 0 and at most 1")
    return share


def _floor(value: Any, where: str) -> int:
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}", value):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise SettingsError(f"{where} must be a whole number from 0 on")
    return value


def _switch(value: Any, where: str) -> bool:
    known = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    found = known.get(value.lower()) if isinstance(value, str) else value
    if not isinstance(found, bool):
        raise SettingsError(f"{where} must be true or false")
    return found


def _seconds(value: Any, where: str) -> float:
    seconds = math.nan
    if isinstance(value, str) and (match := _DURATION.fullmatch(value.strip())):
        seconds = float(match[1]) * _SECONDS[match[2] or ""]
    elif isinstance(value, int | float) and not isinstance(value, bool):
        seconds = float(value)
    if not 0 < seconds <= 10 * 365 * 86400:
        raise SettingsError(f"{where} must be a time above zero, in seconds or as 90s, 5m, 2h, 1d")
    return seconds


def _count(value: Any, where: str) -> int:
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}", value):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
        raise SettingsError(f"{where} must be a whole number above zero: there is no unlimited")
    return value


def _namespaces(value: Any, where: str) -> tuple[str, ...]:
    names = [name.strip() for name in value.split(",")] if isinstance(value, str) else value
    if not isinstance(names, list) or not names:
        raise SettingsError(f"{where} must be one or more namespaces")
    for name in names:
        if not isinstance(name, str) or not is_namespace(name):
            raise SettingsError(f"{where} holds {name!r}, which cannot be a namespace")
    return tuple(dict.fromkeys(names))


def _format(value: Any, where: str) -> str:
    if value not in ("text", "json"):
        raise SettingsError(f"{where} must be text or json")
    return str(value)


_KINDS: dict[str, Callable[[Any, str], Any]] = {
    "sql_alchemy_conn": _text,
    "airflow_url": _url,
    "airflow_token": _token,
    "airflow_username": _text,
    "airflow_password": _text,
    "namespaces": _namespaces,
    "all_namespaces": _switch,
    "kubeconfig": _text,
    "cluster_uid": _uid,
    "exclusive_scope": _switch,
    "min_age": _seconds,
    "terminal_age": _seconds,
    "max_deletions": _count,
    "breaker_share": _share,
    "breaker_floor": _floor,
    "request_timeout": _seconds,
    "deadline": _seconds,
    "dry_run": _switch,
    "output": _format,
}
