"""The plan for people, in Terraform's manner: rows, legend, summary."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rich.text import Text

from reconciler.model import Action, AttributeChange, Cause, Change, DriftItem, DriftKind, Origin, Plan, Value
from reconciler.render.access_text import access_lines, summary_line, systems_line
from reconciler.render.retirement import meter_line, retirement_lines
from reconciler.render.safe import safe
from reconciler.render.ttls import ttl_lines
from reconciler.render.values import block, changed_lines, is_long, one_line

SYMBOLS: Mapping[Action, tuple[str, str, str]] = {
    Action.IMPORT: ("&", "blue", "import: there already, marked as Writ's, nobody's access changes"),
    Action.CREATE: ("+", "green", "create"),
    Action.UPDATE: ("~", "yellow", "update in-place"),
    Action.REPLACE: ("-/+", "red", "destroy and then create replacement"),
    Action.DELETE: ("-", "red", "destroy"),
    Action.FORGET: (".", "blue", "forget (no longer there, no longer declared)"),
    Action.BY_HAND: ("!", "red", "left: only somebody can do this, by hand"),
}
"""Symbol, colour and the legend's words."""

_HEADERS = {
    Action.IMPORT: "will be imported",
    Action.CREATE: "will be created",
    Action.UPDATE: "will be updated in-place",
    Action.REPLACE: "must be replaced",
    Action.DELETE: "will be destroyed",
    Action.FORGET: "will be forgotten",
    Action.BY_HAND: "is left as it is",
}
_CAUSES = {
    Cause.SPEC: "the specs changed",
    Cause.OUTSIDE: "changed outside of Writ",
    Cause.BOTH: "the specs changed, and so did the system",
    Cause.UNDECLARED: "no spec declares it",
    Cause.EXPIRED: "it was declared until a moment that has come",
    Cause.UNKNOWN: "found in the system, not in the state",
}


def plan_lines(plan: Plan, *, full: bool = False) -> Iterator[Text]:
    """Access and TTLs first, then the objects, then the counts. ``full``: nothing cut, nothing folded."""
    yield from access_lines(plan, full=full)
    yield from ttl_lines(plan, full=full)
    yield from retirement_lines(plan)
    rows = plan.rows
    if rows:
        yield from _legend(plan)
        for change in rows:
            yield Text()
            if change.address in plan.wording and not full:
                yield wording_line(change)
            else:
                yield from change_lines(change, destroy=plan.destroy)
        yield Text()
    yield from summary_lines(plan)
    yield from (Text(line) for line in (summary_line(plan), systems_line(plan)) if line)
    if plan.meter is not None:
        yield Text(meter_line(plan.meter))


def wording_line(change: Change) -> Text:
    """One row that is another text for the same access, folded."""
    symbol, colour, _ = SYMBOLS[change.action]
    return Text.assemble(
        (f"  {symbol}", colour), f" {safe(str(change.address))}: wording only, no change of access (-full shows it)"
    )


def summary_lines(plan: Plan) -> Iterator[Text]:
    """The last lines: counts, or that nothing is to be done."""
    counts = plan.counts()
    adopted = counts[Action.ADOPT]
    if plan.is_empty and plan.errored:
        yield Text("No plan: see the errors.", "bold red")
    elif not plan.rows:
        what = "Nothing to destroy." if plan.destroy else "The systems are as the specs declare."
        yield Text.assemble(("No changes.", "bold green"), f" {what}")
    else:
        yield Text(f"Plan: {_counts(plan)}.", "bold")
    if adopted:
        what = "1 object that is" if adopted == 1 else f"{adopted} objects that are"
        them = "it" if adopted == 1 else "them"
        yield Text(f"Found {what} ours already and as declared; the next apply records {them}.")


def _counts(plan: Plan) -> str:
    counts = plan.counts()
    add = counts[Action.CREATE] + counts[Action.REPLACE]
    destroy = counts[Action.DELETE] + counts[Action.REPLACE]
    imported = f"{counts[Action.IMPORT]} to import, " if counts[Action.IMPORT] else ""
    text = f"{imported}{add} to add, {counts[Action.UPDATE]} to change, {destroy} to destroy"
    more = ((Action.FORGET, "to forget"), (Action.BY_HAND, "only by hand"))
    return ", ".join([text, *(f"{counts[action]} {words}" for action, words in more if counts[action])])


def change_lines(change: Change, *, destroy: bool = False) -> Iterator[Text]:
    """One row."""
    symbol, colour, _ = SYMBOLS[change.action]
    yield Text(f"  # {safe(str(change.address))} {_HEADERS[change.action]}", "bold")
    yield from _why(change, destroy=destroy)
    indent = " " * (3 - len(symbol))
    opening = f' resource "{change.address.type}" {safe(change.address.quoted)}'
    if change.action is Action.FORGET:
        yield Text.assemble((f"{indent}{symbol}", colour), opening)
        return
    yield Text.assemble((f"{indent}{symbol}", colour), f"{opening} {{")
    if change.action is Action.CREATE and change.after is not None:
        yield from _whole("+", "green", change.after.attributes)
    elif change.action in (Action.DELETE, Action.BY_HAND) and change.before is not None:
        yield from _whole(symbol, colour, change.before.resource.attributes)
    else:
        yield from _differences(change)
    yield Text("    }")


def _legend(plan: Plan) -> Iterator[Text]:
    used = plan.counts()
    yield Text("Writ will perform the following actions; they are marked with:")
    for action, (symbol, colour, words) in SYMBOLS.items():
        if used[action]:
            yield Text.assemble((f"{symbol:>5}", colour), f" {words}")


def _why(change: Change, *, destroy: bool) -> Iterator[Text]:
    words = _CAUSES.get(change.cause, "")
    if change.action is Action.CREATE:
        words = "it was there after the last apply, and is gone" if change.cause is Cause.OUTSIDE else ""
    if change.action is Action.REPLACE and not any(a.replaces for a in change.attributes):
        words = "closed while what it stands on changes"
    if change.by_hand is not None:
        yield Text(f"  # {safe(change.by_hand.why)}", "bold")
        yield from (Text(f"  # {line}", "bold") for line in map(safe, change.by_hand.how.splitlines()))
    if change.action in (Action.DELETE, Action.BY_HAND) and change.cause is Cause.SPEC:
        words = "" if destroy else "no longer declared"
    overdue = safe(change.before.overdue) if change.before is not None else ""
    told = [one for one in (words, overdue, _origin(change.origin)) if one]
    if told:
        yield Text(f"  # ({'; '.join(told)})", "dim")


def _origin(origin: Origin | None) -> str:
    if origin is None:
        return ""
    where = f", {safe(str(origin.span))}" if origin.span else ""
    if origin.agent and origin.intent:
        return f"{safe(origin.agent)} may {safe(origin.intent)}{where}"
    return f"{safe(origin.reason)}{where}"


def _whole(symbol: str, colour: str, attributes: Mapping[str, Value]) -> Iterator[Text]:
    width = max((len(name) for name, value in attributes.items() if not is_long(value)), default=0)
    for name, value in attributes.items():
        if value in (None, "", [], (), {}):
            continue
        if not is_long(value):
            yield Text.assemble((f"      {symbol} ", colour), f"{name:<{width}} = {one_line(value)}")
            continue
        yield Text.assemble((f"      {symbol} ", colour), f"{name} =")
        yield from (Text(f"          {line}") for line in block(value))


def _differences(change: Change) -> Iterator[Text]:
    for attribute in change.attributes:
        yield from attribute_lines(attribute)
    total = len(change.before.resource.attributes) if change.before else 0
    hidden = total - len(change.attributes)
    if hidden > 0:
        yield Text(f"        # ({hidden} unchanged attribute{'s' if hidden > 1 else ''} hidden)", "dim")


def attribute_lines(change: AttributeChange) -> Iterator[Text]:
    """One attribute before and after."""
    notes = "  # forces replacement" if change.replaces else ""
    head: tuple[str, str] = ("      ~ ", "yellow")
    if not is_long(change.before) and not is_long(change.after):
        yield Text.assemble(
            head,
            f"{change.name} = {one_line(change.before)} ",
            ("-> ", "yellow"),
            one_line(change.after),
            (notes, "red"),
        )
        return
    yield Text.assemble(head, f"{change.name} =", (notes, "red"))
    for mark, line in changed_lines(change.before, change.after):
        colour = {"+": "green", "-": "red"}.get(mark, "dim")
        yield Text(f"          {mark} {line}", colour)


def drift_item_lines(item: DriftItem) -> Iterator[Text]:
    """One object that drifted."""
    words = {
        DriftKind.CHANGED: ("~", "yellow", "has changed"),
        DriftKind.MISSING: ("-", "red", "has been deleted"),
        DriftKind.UNDECLARED: ("+", "red", "is there, and no spec declares it"),
        DriftKind.EXPIRED: ("!", "red", "is still there, and its time is over"),
        DriftKind.APPEARED: ("+", "red", "has appeared"),
    }
    symbol, colour, what = words[item.kind]
    yield Text(f"  # {safe(str(item.address))} {what}", "bold")
    origin = _origin(item.origin)
    if origin:
        yield Text(f"  # ({origin})", "dim")
    if item.live is not None and item.live.overdue:
        yield Text(f"  # ({safe(item.live.overdue)})", "dim")
    if item.observed:
        yield Text("  # (it isn't Writ's: apply can't take it back, and records it as it is)", "dim")
    yield Text.assemble((f"  {symbol}", colour), f' resource "{item.address.type}" {safe(item.address.quoted)} {{')
    for attribute in item.attributes:
        yield from attribute_lines(attribute)
    if item.kind not in (DriftKind.CHANGED, DriftKind.MISSING) and item.live is not None:
        yield from _whole(symbol, colour, item.live.resource.attributes)
    yield Text("    }")
