"""What an import wrote, what it left and why: for people and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from rich.text import Text

from reconciler.model import Action, Address, Drafted, Left, Plan, Unseen
from reconciler.render.diagnostics import diagnostics_json
from reconciler.render.safe import safe
from specs.diagnostic import Diagnostic

FORMAT_VERSION = "1.0"
_CHANGING = (Action.CREATE, Action.UPDATE, Action.REPLACE, Action.DELETE, Action.FORGET, Action.BY_HAND)
_KINDS = {"Environment": "environment", "Agent": "agent", "Intent": "intent"}


def import_lines(
    documents: Sequence[Drafted],
    left: Sequence[Left],
    unseen: Sequence[Unseen],
    plan: Plan | None,
    written: Sequence[str],
) -> Iterator[Text]:
    """What was written, what wasn't, and what a plan of it would do."""
    yield Text(f"{_counted(documents)}.", "bold")
    yield from (Text(f"  {safe(path)}") for path in written)
    if any(one.kind == "Environment" for one in documents):
        yield Text("The Environment has more than before: put this one in the place of yours.")
    yield from _left_lines(left)
    yield from (Text(f"  could not be looked at: {safe(one.what)}: {safe(one.why)}", "dim") for one in unseen)
    yield from _plan_lines(plan)


def _counted(documents: Sequence[Drafted]) -> str:
    counts = {word: sum(1 for one in documents if one.kind == kind) for kind, word in _KINDS.items()}
    told = [f"{number} {word}{'' if number == 1 else 's'}" for word, number in counts.items() if number]
    return f"Import: {', '.join(told) or 'nothing to write'}"


def _left_lines(left: Sequence[Left]) -> Iterator[Text]:
    if not left:
        return
    yield Text()
    yield Text("Not an agent's in these specs:", "bold")
    grouped: dict[Address, list[Left]] = {}
    for one in left:
        grouped.setdefault(one.address, []).append(one)
    for address, reasons in grouped.items():
        yield Text(f"  {safe(reasons[0].kind)} {safe(str(address))}")
        for one in reasons:
            yield Text(f"      why   {safe(one.lacking.why)}")
            if one.lacking.help:
                yield Text(f"      next  {safe(one.lacking.help)}", "dim")
        if reasons[0].intent:
            yield Text(f"      may   what intent {safe(reasons[0].intent)} says")


def _plan_lines(plan: Plan | None) -> Iterator[Text]:
    if plan is None:
        return
    counts = plan.counts()
    taken, found = counts[Action.IMPORT], counts[Action.ADOPT]
    yield Text()
    rows = [row for row in plan.changes if row.action in _CHANGING]
    whose = "nobody's access changes by that" if rows else "nobody's access changes"
    yield Text(f"A plan of them: {taken} to import, {found} to record as they are; {whose}.", "bold")
    if rows:
        yield Text("It also does this, which no document of these is about; look at it before you apply:")
        yield from (Text(f"  {row.action.value}: {safe(str(row.address))}") for row in rows)


def import_json(
    environment: str,
    documents: Sequence[Drafted],
    texts: Mapping[tuple[str, str], str],
    left: Iterable[Left],
    unseen: Iterable[Unseen],
    declared: int,
    plan: Plan | None,
    written: Sequence[str],
    diagnostics: Sequence[Diagnostic],
) -> dict[str, Any]:
    """All of it. Keys are stable; new ones may be added."""
    return {
        "format_version": FORMAT_VERSION,
        "environment": environment,
        "written": list(written),
        "documents": [
            {
                "kind": one.kind,
                "name": one.name,
                "of": [str(a) for a in one.of],
                "text": texts.get((one.kind, one.name)),
            }
            for one in documents
        ],
        "left": [
            {
                "address": str(one.address),
                "system": one.address.system,
                "kind": one.kind,
                "why": one.lacking.why,
                "help": one.lacking.help,
                "intent": one.intent or None,
            }
            for one in left
        ],
        "unseen": [{"system": one.system, "what": one.what, "why": one.why, "help": one.help} for one in unseen],
        "declared": declared,
        "plan": None if plan is None else {action.value: plan.counts()[action] for action in Action},
        "diagnostics": diagnostics_json(diagnostics),
    }
