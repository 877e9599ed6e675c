"""Foreign text made harmless for where it is printed: terminals, XML, Markdown.

Ids and whatever a subject said are foreign; what this room words itself is not.
"""

from __future__ import annotations

import re
import unicodedata

_HIDDEN = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Unicode categories never printed as they are: controls, surrogates, line and paragraph separators."""

# Format characters that reorder or hide text: a pod name must not be able to rewrite the line it stands on.
_REORDERING = re.compile("[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_PLAIN = re.compile(r"[\x20-\x7e]*")


def printable(text: str) -> str:
    r"""``text`` with every character that a terminal or XML 1.0 takes for a command shown as ``\x1b`` or ``\u202e``.

    Newlines stay; tabs become spaces. The result is valid in XML 1.0.
    """
    text = text.replace("\r\n", "\n").expandtabs(4)
    if _PLAIN.fullmatch(text):
        return text
    return "".join(character if _is_harmless(character) else _shown(character) for character in text)


def one_line(text: str) -> str:
    """``printable`` text with line breaks and runs of blanks folded to single spaces."""
    return " ".join(printable(text).split())


def markdown(text: str) -> str:
    """One line of GitHub-flavoured Markdown, also for table cells, that renders as ``one_line(text)``."""
    line = re.sub(r"([\\`*\[\]<>|~&])", r"\\\1", one_line(text))
    line = re.sub(r"(?<![^\W_])_|_(?![^\W_])", r"\\_", line)  # inside snake_case it emphasises nothing
    line = re.sub(r"^([#+=-])", r"\\\1", line)  # would begin a heading or a list
    line = re.sub(r"^(\d+)([.)])(?= |$)", r"\1\\\2", line)
    return re.sub(r"(?<![^\W_])@(?=\w)", "@<!-- -->", line)  # nobody is notified by a report pasted into an issue


def markdown_code(text: str) -> str:
    """A code span, also for table cells, that shows ``one_line(text)``; empty for empty text."""
    line = one_line(text)
    if not line:
        return ""
    fence = "`" * (1 + max(map(len, re.findall("`+", line)), default=0))
    padding = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{padding}{line}{padding}{fence}".replace("|", "\\|")


def _is_harmless(character: str) -> bool:
    return character == "\n" or not (
        unicodedata.category(character) in _HIDDEN
        or _REORDERING.match(character)
        or character in "\ufffe\uffff"  # no XML 1.0 characters
    )


def _shown(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
