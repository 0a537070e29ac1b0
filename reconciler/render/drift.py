"""Drift for people and for machines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from rich.text import Text

from reconciler.model import Drift, DriftKind
from reconciler.render.diagnostics import diagnostics_json
from reconciler.render.plan_json import drift_item_json
from reconciler.render.plan_text import drift_item_lines

FORMAT_VERSION = "1.0"


def drift_lines(drift: Drift) -> Iterator[Text]:
    """Every item, then the count."""
    for item in drift.items:
        yield from drift_item_lines(item)
        yield Text()
    if drift.items:
        kinds = Counter(item.kind for item in drift.items)
        counted = ", ".join(f"{kinds[kind]} {kind.value}" for kind in DriftKind if kinds[kind])
        yield Text(f"Drift: {counted} (of {drift.checked} object{'' if drift.checked == 1 else 's'}).", "bold")
    elif drift.errored:
        yield Text("Drift unknown: see the errors.", "bold red")
    else:
        yield Text.assemble(("No drift.", "bold green"), f" {_as_applied(drift.checked)}.")


def _as_applied(count: int) -> str:
    return "1 object is as it was applied" if count == 1 else f"{count} objects are as they were applied"


def drift_json(drift: Drift, providers: Mapping[str, str]) -> dict[str, Any]:
    """As documented in docs/json.md."""
    return {
        "format_version": FORMAT_VERSION,
        "timestamp": drift.created.isoformat().replace("+00:00", "Z"),
        "environment": drift.environment,
        "drifted": bool(drift.items),
        "errored": drift.errored,
        "checked": drift.checked,
        "resource_drift": [drift_item_json(item, providers) for item in drift.items],
        "diagnostics": diagnostics_json(drift.diagnostics),
    }
