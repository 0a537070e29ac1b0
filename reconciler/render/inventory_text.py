"""An inventory for people: what to look at, system by system; what is known; what couldn't be looked at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from rich.text import Text

from reconciler.model import Class, Inventory, Item, Seen, Side, Standing, Unseen, Whose
from reconciler.model.frameworks import TITLES, evidence
from reconciler.render.retirement import leaving_text
from reconciler.render.safe import safe

_WIDTH = 200
"""Characters of a name or a request."""
_DAY = 86400
_WHY = {Whose.OPERATOR: "named by the specs or by this run's login", Whose.SYSTEM: "the system's own"}


def inventory_lines(found: Inventory, *, full: bool = False) -> Iterator[Text]:
    """Findings first, what is known after them; ``full``: also what stands without a finding."""
    for seen in found.systems:
        yield from _system(seen, found.created, full=full)
    yield from _summary(found)


def _system(seen: Seen, now: datetime, *, full: bool) -> Iterator[Text]:
    who = f", as {_short(seen.identity)}" if seen.identity else ""
    yield Text(f"{safe(seen.system)} ({safe(seen.provider)}){who}", "bold")
    findings = [item for item in seen.items if item.is_finding]
    for item in findings:
        yield from _finding(item, now)
    if not findings:
        yield Text("  Nothing to look at.")
    rest = [item for item in seen.items if not item.is_finding]
    for item in rest:
        if item.classes or full:
            yield _known(item)
    quiet = sum(item.standing.count for item in rest if not item.classes)
    if quiet and not full:
        yield Text(f"  {quiet} more without a finding (-full names them)", "dim")
    yield from (_unseen(one) for one in seen.unseen)
    yield Text("")


def _finding(item: Item, now: datetime) -> Iterator[Text]:
    one = item.standing
    classes = ", ".join(name.value for name in item.classes)
    yield Text.assemble("  ", _name(one), "  ", (classes, "yellow"))
    for width in one.widths:
        verb = "may" if width.side is Side.REACH else "open"
        sure = "" if width.witness.certain else " (not excluded)"
        note = f" ({_short(width.witness.note)})" if width.witness.note else ""
        yield _row(verb, f"{_short(width.witness.request)}{sure}{note}")
    yield _row("age", "; ".join(_ages(one, now)))
    if len(one.users) > 1:
        yield _row("used by", "; ".join(_short(user) for user in one.users))
    if one.people:
        yield _row("people", "; ".join(_short(sign) for sign in one.people))
    if item.replaced_by is not None:
        yield _row("instead", f"{item.replaced_by.agent}/{item.replaced_by.intent} may do all of it, by the specs")
    if item.leaving is not None:
        yield _row("retired", f"by {leaving_text(item.leaving)}")
    yield _row("evidence", ", ".join(evidence(item.classes)))


def _name(one: Standing) -> Text:
    count = f" ({one.count} alike)" if one.count > 1 else ""
    return Text.assemble(f"{safe(one.what)} ", (_short(one.address.key), "bold"), count)


def _ages(one: Standing, now: datetime) -> Iterator[str]:
    """What is known of its times."""
    yield (
        f"{'from' if one.count == 1 else 'the oldest from'} {ago(one.created, now)}" if one.created else "age not told"
    )
    if one.last_used is not None:
        yield f"last used {ago(one.last_used, now)}"
    elif one.use_is_known:
        yield "no use on record"
    if not one.enabled:
        yield "switched off"
    if one.expires is not None:
        yield f"{'ended' if one.expires <= now else 'ends'} {_day(one.expires)}"
    elif one.endless:
        yield "without end"
    elif one.life is not None:
        yield f"lives for {_span(one.life)}"


def ago(moment: datetime, now: datetime) -> str:
    """``today``, ``41 days ago``."""
    days = int((now - moment).total_seconds() // _DAY)
    return f"{days} days ago" if days > 1 else "yesterday" if days == 1 else "today"


def _day(moment: datetime) -> str:
    return moment.date().isoformat()


def _span(seconds: int) -> str:
    return f"{seconds // _DAY} d" if seconds >= 2 * _DAY else f"{-(-seconds // 3600)} h"


def _known(item: Item) -> Text:
    one = item.standing
    why = _WHY.get(one.whose, "without a finding")
    classes = f" ({', '.join(name.value for name in item.classes)})" if item.classes else ""
    leaving = f"; retired by {leaving_text(item.leaving)}" if item.leaving is not None else ""
    return Text.assemble("  no finding: ", _name(one), f", {why}{classes}{safe(leaving)}", style="dim")


def _unseen(one: Unseen) -> Text:
    advice = f" ({_short(one.help)})" if one.help else ""
    return Text(f"  could not be looked at: {_short(one.what)}: {_short(one.why)}{advice}", "yellow")


def _row(name: str, value: str) -> Text:
    return Text(f"      {name:<9} {safe(value)}")


def _short(text: str) -> str:
    shown = safe(text)
    return shown if len(shown) <= _WIDTH else f"{shown[:_WIDTH]}…"


def _summary(found: Inventory) -> Iterator[Text]:
    findings = found.findings
    unseen = sum(len(seen.unseen) for seen in found.systems)
    share = "" if found.dynamic_share is None else f" (dynamic share: {found.dynamic_share:.0%})"
    told = f"Standing: {found.standing}, to be looked at: {_counted(findings)}; dynamic: {found.dynamic}{share}."
    yield Text(told, "bold")
    for name in Class:
        number = _counted(item for item in findings if name in item.classes)
        if number:
            yield Text(f"  {name.value:<14} {number}")
    ids = {name for item in findings for name in evidence(item.classes)}
    for listed, title in TITLES.items():
        if listed in ids:
            yield Text(f"  provides evidence for {listed} {title}", "dim")
    if unseen:
        yield Text(f"  {unseen} could not be looked at, and may hold more", "yellow")


def _counted(items: Iterable[Item]) -> int:
    return sum(item.standing.count for item in items)


def tripped_line(tripped: Mapping[Class, Sequence[Item]]) -> Text:
    """``Failed on stale (3: vault.…); static (…)``, in one line."""
    told = (
        f"{name.value} ({len(items)}: {_short(str(items[0].standing.address))}{', …' if len(items) > 1 else ''})"
        for name, items in tripped.items()
    )
    return Text(f"Failed on {'; '.join(told)}.", "bold red")
