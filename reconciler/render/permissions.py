"""What Writ's own login needs, for people, for machines, and for a system as it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.text import Text

from reconciler.render.safe import safe

FORMAT_VERSION = "1.0"


def permissions_lines(system: str, provider: str, form: str, text: str, notes: tuple[str, ...]) -> Iterator[Text]:
    """A heading, the text, and what is to be known of it."""
    yield Text(f"{safe(system)} ({provider}), {form}:", "bold")
    yield from bare_lines(text)
    for note in notes:
        yield Text(f"  - {safe(note)}", "dim")
    yield Text("")


def bare_lines(text: str) -> Iterator[Text]:
    """Only what the system takes."""
    return (Text(safe(line)) for line in text.splitlines())


def permissions_json(environment: str, verb: str, systems: list[dict[str, Any]]) -> dict[str, Any]:
    """As documented in docs/json.md."""
    return {"format_version": FORMAT_VERSION, "environment": environment, "for": verb, "systems": systems}
