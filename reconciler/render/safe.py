"""Text from specs and servers made safe for a terminal and a log: one line, no control or bidi characters."""

from __future__ import annotations

import re
import unicodedata

_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})


def safe(text: str) -> str:
    """The text with every control, format and separator character shown as an escape."""
    # Printable is none of _UNSAFE, no space but the usual one, and nothing that Unicode hasn't assigned.
    return text if text.isprintable() else text.translate(_SHOWN)


_LEGACY = re.compile(r"#(?=#\w*\[)")
"""``##[…]``, ``##vso[…]``, ``##teamcity[…]``: obeyed wherever they stand in a line."""


def obeys_nothing(line: str) -> str:
    """A line of output that no CI system takes for a command.

    GitHub's runner obeys ``::name::`` at the start of a line, after any blanks (actions/runner, ActionCommand.cs).
    """
    shown = _LEGACY.sub(r"\\x23", line) if "##" in line else line
    start = shown.lstrip()
    return shown if not start.startswith("::") else f"{shown[: len(shown) - len(start)]}\\x3a{start[1:]}"


def json_obeys_nothing(text: str) -> str:
    """The same for a JSON document: its strings say what they said, by another escape."""
    return _LEGACY.sub(r"\\u0023", text) if "##" in text else text


def _shown(number: int) -> str:
    character = chr(number)
    if unicodedata.category(character) not in _UNSAFE:
        return character
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


class _Shown(dict[int, str]):
    """For str.translate: worked out once for each character, as long as it isn't all of Unicode."""

    def __missing__(self, number: int) -> str:
        shown = _shown(number)
        if len(self) < _MOST:
            self[number] = shown
        return shown


_MOST = 4096
_SHOWN = _Shown()
