"""A run as it happens, in Terraform's words, and its last lines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.text import Text

from reconciler.model import Action, ApplyResult, Outcome, Plan, StepEvent
from reconciler.render.safe import safe

_DOING = {"create": "Creating", "update": "Modifying", "delete": "Destroying", "record": "Forgetting"}
_DONE = {
    "create": "Creation complete",
    "update": "Modifications complete",
    "delete": "Destruction complete",
    "record": "Forgotten",
}


def event_line(event: StepEvent) -> Text:
    """One line for one event."""
    head = f"{safe(str(event.address))}: "
    match event.outcome:
        case Outcome.STARTED:
            return Text(f"{head}{_DOING[event.phase]}...")
        case Outcome.DONE:
            return Text(f"{head}{_DONE[event.phase]} after {event.seconds:.1f}s", "green")
        case Outcome.RETRYING:
            why = safe(event.diagnostic.message) if event.diagnostic else ""
            return Text(f"{head}Trying again: {why}", "yellow")
        case Outcome.FAILED:
            return Text(f"{head}Failed after {event.seconds:.1f}s", "bold red")
        case Outcome.SKIPPED:
            return Text(f"{head}Skipped", "yellow")


def event_json(event: StepEvent) -> dict[str, Any]:
    """One event as documented in docs/json.md."""
    return {
        "type": "step",
        "address": str(event.address),
        "phase": str(event.phase),
        "outcome": event.outcome.value,
        "seconds": round(event.seconds, 3),
        "message": event.diagnostic.message if event.diagnostic else None,
    }


def result_json(result: ApplyResult | None) -> dict[str, Any]:
    """The last event; without a result, nothing was tried."""
    if result is None:
        counts = dict.fromkeys(("done", "failed", "skipped", "by_hand", "refused"), 0)
        return {"type": "result", "ok": False, "interrupted": False, **counts}
    return {
        "type": "result",
        "ok": result.ok,
        "interrupted": result.interrupted,
        **{outcome.value: len(result.of(outcome)) for outcome in (Outcome.DONE, Outcome.FAILED, Outcome.SKIPPED)},
        "by_hand": result.by_hand,
        "refused": result.refused,
    }


def result_lines(plan: Plan, result: ApplyResult) -> Iterator[Text]:
    """The last lines of a run."""
    done = result.of(Outcome.DONE)
    counts = {phase: sum(1 for step in done if step.phase == phase) for phase in ("create", "update", "delete")}
    taken = {change.address for change in plan.changes if change.action is Action.IMPORT}
    imported = sum(1 for step in done if step.address in taken)
    verb = "Destroy" if plan.destroy else "Apply"
    first = f"{imported} imported, " if imported else ""
    counted = f"{first}{counts['create']} added, {counts['update'] - imported} changed, {counts['delete']} destroyed"
    yield Text()
    if result.ok:
        yield Text.assemble((f"{verb} complete!", "bold green"), f" Resources: {counted}.")
        return
    failed, skipped = len(result.of(Outcome.FAILED)), len(result.of(Outcome.SKIPPED))
    left = f", {result.by_hand} only by hand" if result.by_hand else ""
    left += f", {result.refused} of retirements refused" if result.refused else ""
    yield Text.assemble(
        (f"{verb} incomplete.", "bold red"), f" Resources: {counted}; {failed} failed, {skipped} skipped{left}."
    )
    if result.by_hand:
        yield Text("What only somebody can do is named above (W518), with how.")
    if result.refused:
        yield Text("Who works with a principal, or what else is in the way, is named above (W530, W532).")
    if not (failed or skipped or result.interrupted or result.diagnostics):
        return
    unrecorded = "What could not be recorded is named above. " if result.diagnostics else "What was done is recorded. "
    yield Text(f"{unrecorded}The next run finds out what is there and does the rest.")
