"""Why something is allowed or denied, and why an object exists: for people and for machines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.text import Text

from reconciler.model import Answer, Chain, Deciding, Explained, Reason
from reconciler.render.safe import safe
from specs.source import SourceSpan

FORMAT_VERSION = "1.0"
_WORDS = {
    Answer.YES: ("green", "Yes", "may"),
    Answer.NO: ("red", "No", "may not"),
    Answer.UNKNOWN: ("yellow", "Unknown", "perhaps may"),
}


def explained_lines(found: Explained) -> Iterator[Text]:
    """The answer first; then, for each intent, the chain from the owner to the statement."""
    colour, word, may = _WORDS[found.answer]
    basis = "as it is" if found.live else "by the specs"
    yield Text.assemble(
        (f"{word}: ", f"bold {colour}"), f"{safe(found.agent)} {may} {safe(found.request)} at {found.system} ({basis})."
    )
    yield _row("owner", found.owner, found.owned)
    if not found.chains:
        yield Text(f"  none of its intents has access on {found.system}")
    shown = [one for one in found.chains if one.explanation.answer is found.answer]
    for chain in shown:
        yield from _chain_lines(chain)
    if len(shown) < len(found.chains):
        others = ", ".join(one.intent for one in found.chains if one not in shown)
        yield Text(f"  not by: {others}", "dim")


def _chain_lines(chain: Chain) -> Iterator[Text]:
    yield _row("intent", f"{chain.intent}: {chain.purpose}", chain.granted)
    for delegator in chain.delegators:
        yield _row("from", delegator)
    for block in chain.blocks:
        yield _row("access", "", block)
    for address in chain.through:
        yield _row("through", str(address))
    yield _row("object", str(chain.subject))
    for one in chain.explanation.by:
        yield _row("in", str(one.address) if one.address else one.place)
        yield _row("says", one.text)
    for note in chain.explanation.notes:
        yield Text(f"    {safe(note)}", "dim")


def reason_lines(found: Reason) -> Iterator[Text]:
    """Why it exists, for whom, what it stands on and what stands on it."""
    yield Text(safe(str(found.address)), "bold")
    origin = found.origin
    if origin is not None:
        yield _row("why", origin.reason, origin.span)
    for name, value in (
        ("agent", origin.agent if origin else ""),
        ("intent", origin.intent if origin else ""),
        ("owner", found.owner),
        ("note", found.note),
    ):
        if value:
            yield _row(name, value)
    for address in found.depends_on:
        yield _row("needs", str(address))
    for address in found.dependents:
        yield _row("needed by", str(address))


def _row(name: str, value: str, span: SourceSpan | None = None) -> Text:
    place = f"{'  ' if value else ''}{safe(str(span))}" if span else ""
    return Text.assemble(f"  {name:<10}", safe(value), (place, "dim"))


def explained_json(found: Explained) -> dict[str, Any]:
    """As documented in docs/json.md."""
    return {
        "format_version": FORMAT_VERSION,
        "answer": found.answer.value,
        "agent": found.agent,
        "owner": found.owner,
        "owner_source": _place(found.owned),
        "system": found.system,
        "request": found.request,
        "live": found.live,
        "chains": [_chain(one) for one in found.chains],
    }


def _chain(one: Chain) -> dict[str, Any]:
    return {
        "answer": one.explanation.answer.value,
        "intent": one.intent,
        "purpose": one.purpose,
        "source": _place(one.granted),
        "delegators": list(one.delegators),
        "access": [_place(block) for block in one.blocks],
        "through": [str(address) for address in one.through],
        "object": str(one.subject),
        "statements": [_deciding(statement) for statement in one.explanation.by],
        "notes": list(one.explanation.notes),
    }


def _deciding(one: Deciding) -> dict[str, Any]:
    return {"text": one.text, "object": str(one.address) if one.address else "", "place": one.place}


def reason_json(found: Reason) -> dict[str, Any]:
    """As documented in docs/json.md."""
    origin = found.origin
    return {
        "format_version": FORMAT_VERSION,
        "address": str(found.address),
        "declared": origin is not None and not found.note,
        "reason": origin.reason if origin else "",
        "agent": origin.agent if origin else "",
        "intent": origin.intent if origin else "",
        "owner": found.owner,
        "source": _place(origin.span) if origin else "",
        "note": found.note,
        "depends_on": [str(address) for address in found.depends_on],
        "needed_by": [str(address) for address in found.dependents],
    }


def _place(span: SourceSpan | None) -> str:
    return str(span) if span else ""
