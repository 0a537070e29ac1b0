"""An inventory as CSV (RFC 4180) for a spreadsheet: a row to each that stands. No cell is a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import datetime

from rich.text import Text

from reconciler.model import Inventory, Item, Seen, Width
from reconciler.model.frameworks import evidence
from reconciler.render.safe import safe

COLUMNS = (
    "system",
    "provider",
    "type",
    "name",
    "what",
    "native_id",
    "whose",
    "count",
    "finding",
    "classes",
    "evidence",
    "enabled",
    "created",
    "last_used",
    "expires",
    "endless",
    "wide",
    "users",
    "people",
    "replaced_by",
    "retirement",
    "locked_since",
    "next",
    "due",
)
_FORMULA = frozenset("=+-@|%\uff1d\uff0b\uff0d\uff20")
"""What a spreadsheet may take a cell for a formula or a command by, after any blanks (OWASP, CSV Injection)."""


def inventory_csv(found: Inventory) -> Iterator[Text]:
    """The header, and a line to each."""
    yield Text(_line(COLUMNS))
    for seen in found.systems:
        for item in seen.items:
            yield Text(_line(_cells(seen, item)))


def _cells(seen: Seen, item: Item) -> tuple[str, ...]:
    one, covering, leaving = item.standing, item.replaced_by, item.leaving
    return (
        seen.system,
        seen.provider,
        one.address.type,
        one.address.key,
        one.what,
        one.native_id,
        one.whose.value,
        str(one.count),
        _flag(item.is_finding),
        " ".join(name.value for name in item.classes),
        " ".join(evidence(item.classes)),
        _flag(one.enabled),
        _time(one.created),
        _time(one.last_used),
        _time(one.expires),
        _flag(one.endless),
        "; ".join(_width(width) for width in one.widths),
        "; ".join(one.users),
        "; ".join(one.people),
        f"{covering.agent}/{covering.intent}" if covering else "",
        *((leaving.name, _time(leaving.since), leaving.coming.value, _time(leaving.due)) if leaving else ("",) * 4),
    )


def _width(width: Width) -> str:
    return f"{width.witness.request} ({width.witness.note})" if width.witness.note else width.witness.request


def _line(cells: tuple[str, ...]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow([_cell(cell) for cell in cells])
    return out.getvalue()


def _cell(text: str) -> str:
    """Text and nothing else: an apostrophe before it keeps a spreadsheet from reading it as more."""
    shown = safe(text)
    return f"'{shown}" if shown.lstrip()[:1] in _FORMULA else shown


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _time(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""
