"""Checks of single texts, shared by the field types: what is shown of a value, and what shape it has."""

from __future__ import annotations

from typing import Any

from specs import scan
from specs.base import spec_error
from specs.redaction import suspicious

_SHOWN = 60


def shown(value: str) -> str:
    """A value as messages repeat it: quoted, cut, and left out if it looks like a secret."""
    if suspicious(value) or "-----BEGIN" in value:
        return "a value that isn't shown"
    return "'" + "".join(c if c.isprintable() else f"<{scan.describe(c)}>" for c in cut(value)) + "'"


def cut(value: str) -> str:
    """At most 60 characters of a value."""
    return value if len(value) <= _SHOWN else value[: _SHOWN - 1] + "…"


def shape(value: Any) -> str:
    """What a value is, in people's words."""
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    if value == "":
        return "nothing"
    return shown(value) if isinstance(value, str) else shown(str(value))


def text_of(value: Any, wanted: str) -> str:
    """The value if it is a text with something in it; else an error that says what is wanted."""
    if not isinstance(value, str):
        raise spec_error("W103", f"expected {wanted}, got {shape(value)}", instead(value, wanted))
    if not value:
        raise spec_error("W105", "must not be empty", f"write {wanted}, or leave the field out if it is optional")
    return value


def instead(value: Any, wanted: str) -> str:
    """What to write in place of a list or a mapping."""
    if not isinstance(value, list | tuple):
        return f"write {wanted}, with no {{ }} and nothing below it"
    if found := lone(value):
        return f"write {found}, without [ ] or a dash before it"
    return f"write {wanted}, without [ ] or dashes"


def lone(value: Any) -> str:
    """The one short text in a list of one; empty if there is none, or none that can be shown."""
    found = value[0] if isinstance(value, list | tuple) and len(value) == 1 else ""
    short = isinstance(found, str) and found.isprintable() and len(found) <= _SHOWN
    return found if short and not suspicious(found) else ""


def one_line(value: Any, cap: int) -> str:
    """A trimmed text of one line."""
    text = text_of(value, "text").strip()
    if not text:
        raise spec_error("W105", "must not be empty", "write text that can be seen")
    if "\n" in text:
        raise spec_error("W106", "must be one line", "fold it with > instead of |")
    if len(text) > cap:
        raise spec_error(
            "W106", f"too long: {len(text)} characters, the cap is {cap}", f"shorten it by {len(text) - cap}"
        )
    return text
