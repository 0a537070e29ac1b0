"""A comparison of access for people and for machines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.text import Text

from reconciler.access import Comparison, Verdict, Witness
from reconciler.render.safe import safe

FORMAT_VERSION = "1.0"
_WORDS = {
    Verdict.EQUAL: ("green", "Access is equal."),
    Verdict.NARROWS: ("green", "Access narrows."),
    Verdict.WIDENS: ("red", "Access widens."),
    Verdict.INCOMPARABLE: ("red", "Access is gained and lost."),
    Verdict.MAY_WIDEN: ("yellow", "Access may widen."),
    Verdict.UNKNOWN: ("yellow", "Unknown: treat it as a widening."),
}


def comparison_lines(found: Comparison) -> Iterator[Text]:
    """Gains first, then losses, then what it comes to."""
    for sign, colour, witnesses in (("+", "red", found.gains), ("-", "green", found.loses)):
        for witness in witnesses:
            yield Text.assemble((f"{sign} ", f"bold {colour}"), safe(witness.request), (witness_note(witness), "dim"))
    colour, words = _WORDS[found.verdict]
    yield Text(words, f"bold {colour}")
    for note in found.notes:
        yield Text(f"  {safe(note)}", "dim")


def comparison_json(found: Comparison) -> dict[str, Any]:
    """As documented in docs/json.md."""
    return {"format_version": FORMAT_VERSION, **verdict_json(found)}


def verdict_json(found: Comparison) -> dict[str, Any]:
    """Verdict, witnesses and notes: the same wherever a comparison is told."""
    return {
        "verdict": found.verdict.value,
        "gains": [_witness(witness) for witness in found.gains],
        "loses": [_witness(witness) for witness in found.loses],
        "notes": list(found.notes),
    }


def witness_note(witness: Witness) -> str:
    """What to say after a witness's request: in brackets, or nothing."""
    parts = [*(["perhaps"] if not witness.certain else []), *([safe(witness.note)] if witness.note else [])]
    return f"  ({'; '.join(parts)})" if parts else ""


def _witness(witness: Witness) -> dict[str, Any]:
    return {"request": witness.request, "certain": witness.certain, "note": witness.note}
