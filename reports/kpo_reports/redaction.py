"""Keeps secrets out of everything this room writes: by their shape, by the name they stand under, or by value.

It prefers to hide too much: a report without a harmless word can be read, one with a password cannot be called back.
"""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Collection, Mapping
from enum import Enum
from functools import lru_cache
from typing import Any, TypeVar
from urllib.parse import quote, quote_plus

import msgspec

from kpo_reports.model import Report

MASK = "***"

SHORTEST_KNOWN_SECRET = 4
"""Known secrets below this length (characters) are not searched for: they would blank out ordinary words."""

_NAMES = (
    r"pass(?:word|wd|phrase)|pwd|secrets?|tokens?|credentials?|(?:api|access|secret|private|fernet)[_-]?key"
    r"|client[_-]?key(?:[_-]data)?"
)
_SECRET_NAME = rf"[\w.-]{{0,80}}(?:{_NAMES})"
# A value: quoted, quoted in quoted text, quoted and cut off, or a word.
_VALUE = r"(\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|\\[\"'].*?\\[\"']|[\"'][^\n]*|[^\s\"']\S*)"
_SCHEMES = "basic|bearer|digest|negotiate|token"

_BY_SHAPE: tuple[tuple[re.Pattern[str], str], ...] = (
    # PEM keys, also where the end was cut off.
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL), MASK),
    # A user name alone is public in a DSN, but over HTTP it is how access tokens are handed over.
    (re.compile(r"(?i)\b(https?:\\?/\\?/)[^\s:/@?#]+@"), rf"\1{MASK}@"),
    (re.compile(rf"(?i)(\bauthorization[\"']?\s*[:=]\s*[\"']?(?:(?:{_SCHEMES})\s+)?)[^\s\"']+"), rf"\1{MASK}"),
    (re.compile(r"(?i)\b(bearer(?:\s|%20|\+)+)[^\s\"']+"), rf"\1{MASK}"),
    # Basic credentials away from their header: base64, told from a word by capitals, digits or padding.
    (re.compile(r"\b((?:[Bb]asic|BASIC)\s+)(?=\S*[A-Z0-9=])[A-Za-z0-9+/]{6,}={0,2}"), rf"\1{MASK}"),
    (re.compile(r"\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?"), MASK),  # JSON Web Token: base64 of {"
    (re.compile(r"\b(?:gh[a-z]_|github_pat_|glpat-|xox[a-z]-)\w[\w-]+"), MASK),
)
_SCHEME_END = re.compile(r":\\?/\\?/")
_BY_NAME = (
    # --name value
    re.compile(rf"(?i)((?<![\w-])--?{_SECRET_NAME}\s+)(?![-=:]){_VALUE}"),
    # name=value, name: value, "name": "value"
    re.compile(rf"(?i)(\b{_SECRET_NAME}\b\\?[\"']?\s*[=:]>?\s*){_VALUE}"),
)
_MARKS = (
    *(":/", ":\\/", "-----begin", "authorization", "basic", "bearer", "eyj", "github_pat", "glpat", "xox"),
    *("pass", "pwd", "secret", "token", "credential"),
    *(f"{kind}{link}key" for kind in ("api", "access", "private", "fernet", "client") for link in ("", "_", "-")),
)
"""Without one of these, or ``_SHORT_MARK``, a lower-case text of ASCII holds no secret of a known shape or name."""
_SHORT_MARK = re.compile("gh[a-z]_")
_SURROGATE = re.compile("[\ud800-\udfff]")
_OFTEN_REPEATED = 200
"""Characters; evidence says the same short texts, names and times above all, ten thousands of times."""
_NAMES_A_SECRET = re.compile(rf"(?i)-{{0,2}}{_SECRET_NAME}")

_IDENTIFIERS = frozenset({"scenario", "requirement", "replay", "evidence", "uid", "spec_sha256"})
"""Fields that the suite itself words. They may speak of passwords (``prints_no_password:airflow=3.3``), so what
follows such a name is left alone in them."""

_S = TypeVar("_S", bound=msgspec.Struct)


def redact(text: str, secrets: Collection[str] = ()) -> str:
    """``text`` with every secret replaced by ``***``: passwords in URLs and DSNs, bearer tokens, keys, named values.

    ``secrets`` are values known to be secret, as the tokens that a gateway handed out; they go wherever they stand,
    also percent-encoded, in base64 or in JSON. Redacting twice changes nothing more.
    """
    return _redact(text, frozenset(secrets), by_name=True)


def redact_data(data: Any, secrets: Collection[str] = ()) -> Any:
    """JSON-like data with every string redacted, and with what stands under a secret's name masked as a whole.

    In a list, the item after an option that names a secret (``["--token", "abc"]``) is masked too.
    """
    return _redact_data(data, frozenset(secrets))


def _redact_data(data: Any, secrets: frozenset[str]) -> Any:
    match data:
        case str():
            return _redact(data, secrets, by_name=True)
        case Mapping():
            return {
                _redact(str(key), secrets, by_name=True): _masked(value)
                if _names_a_secret(key)
                else _redact_data(value, secrets)
                for key, value in data.items()
            }
        case list() | tuple():
            return [
                _masked(item) if place and _is_secret_option(data[place - 1]) else _redact_data(item, secrets)
                for place, item in enumerate(data)
            ]
    return data


def redact_report(report: Report, secrets: Collection[str] = ()) -> Report:
    """The report as it may be published; unpaired surrogates, which no file can hold, become U+FFFD.

    Raises TypeError where ``config`` holds what JSON cannot say.
    """
    return msgspec.structs.replace(
        report,
        suite=redact_struct(report.suite, secrets),
        subject=redact_struct(report.subject, secrets),
        environment=redact_struct(report.environment, secrets),
        config=redact_data(msgspec.to_builtins(report.config, str_keys=True, enc_hook=_plain), secrets),
        results=tuple(redact_struct(result, secrets) for result in report.results),
    )


def redact_struct(struct: _S, secrets: Collection[str] = ()) -> _S:
    """A result, or another part of a report made of text, as it may be printed."""
    known = frozenset(secrets)

    def redacted(field: str, value: object) -> object:
        match value:
            case Enum():
                return value
            case str():
                return _redact(value, known, by_name=field not in _IDENTIFIERS)
            case msgspec.Struct():
                return redact_struct(value, known)
            case tuple():
                return tuple(redacted(field, item) for item in value)
        return value

    return msgspec.structs.replace(
        struct, **{field: redacted(field, getattr(struct, field)) for field in struct.__struct_fields__}
    )


def _redact(text: str, secrets: frozenset[str], *, by_name: bool) -> str:
    if len(text) <= _OFTEN_REPEATED:
        return _redact_anew_once(text, secrets, by_name)
    return _redact_anew(text, secrets, by_name)


def _redact_anew(text: str, secrets: frozenset[str], by_name: bool) -> str:
    if secrets and (known := _known(secrets)):
        text = known.sub(MASK, text)
    if _is_worth_a_look(text):
        if "@" in text:
            text = re.sub(r"\S+", _mask_password, text)
        for shape, replacement in _BY_SHAPE:
            text = shape.sub(replacement, text)
        for named in _BY_NAME if by_name else ():
            text = named.sub(_mask_value, text)
    if not text.isascii() and _SURROGATE.search(text):
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _is_worth_a_look(text: str) -> bool:
    """Substrings are found many times faster than a pattern of alternatives, and most texts have none of them.

    Patterns that ignore case take some letters beyond ASCII for those of the marks (``\u0131`` for i).
    """
    if not text.isascii():
        return True
    lower = text.lower()
    return any(mark in lower for mark in _MARKS) or _SHORT_MARK.search(lower) is not None


_redact_anew_once = lru_cache(maxsize=1 << 14)(_redact_anew)


def _mask_value(found: re.Match[str]) -> str:
    name, value = found.groups()
    quote_mark = value[0] if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'" else ""
    return f"{name}{quote_mark}{MASK}{quote_mark}"


def _mask_password(found: re.Match[str]) -> str:
    """Masks the password of a URL or DSN: from the first colon after the scheme to the last @ of the word.

    That is more than a parser would take, for people leave @, : and / in passwords unencoded.
    """
    word = found[0]
    if scheme := _SCHEME_END.search(word):
        colon, at = word.find(":", scheme.end()), word.rfind("@")
        if scheme.end() <= colon < at:
            return f"{word[: colon + 1]}{MASK}{word[at:]}"
    return word


@lru_cache(maxsize=8)
def _known(secrets: frozenset[str]) -> re.Pattern[str] | None:
    guises = {guise for secret in secrets if len(secret) >= SHORTEST_KNOWN_SECRET for guise in _guises(secret)}
    return re.compile("|".join(map(re.escape, sorted(guises, key=len, reverse=True)))) if guises else None


def _guises(secret: str) -> tuple[str, ...]:
    raw = secret.encode("utf-8", "surrogatepass")
    in_json = json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]
    return secret, *in_json, quote(raw, safe=""), quote(raw), quote_plus(raw), base64.b64encode(raw).decode()


@lru_cache(maxsize=1 << 12)
def _names_a_secret(key: object) -> bool:
    return isinstance(key, str) and _NAMES_A_SECRET.fullmatch(key) is not None


def _is_secret_option(item: object) -> bool:
    return isinstance(item, str) and item.startswith("-") and _names_a_secret(item)


def _masked(value: Any) -> Any:
    """Whether a secret was given at all is no secret."""
    return value if value is None or isinstance(value, bool) else MASK


def _plain(value: object) -> object:
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    raise TypeError(f"a setting of type {type(value).__name__} cannot be written to JSON")
