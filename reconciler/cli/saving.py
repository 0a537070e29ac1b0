"""`writ plan -out FILE`: signing it, and until when it may be applied."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import click

from reconciler.cli.findings import state_finding
from reconciler.cli.options import lifetime
from reconciler.model import Plan
from reconciler.state.errors import StateError
from reconciler.workflow.saved import save, signing_key

saving_options = (
    click.option(
        "-sign",
        "--sign",
        metavar="KEYFILE",
        type=click.Path(path_type=Path),
        help="Sign it with this Ed25519 key (openssl genpkey -algorithm ed25519).",
    ),
    click.option(
        "-expires",
        "--expires",
        default="24h",
        show_default=True,
        metavar="DURATION",
        callback=lambda _ctx, _param, text: lifetime(text),
        help="How long the saved plan may be applied.",
    ),
)


@dataclass(frozen=True, slots=True)
class Saving:
    """Where and how a plan is saved."""

    out: Path
    lifetime: float
    """Seconds."""
    key: Path | None


def saved(made: Plan, how: Saving) -> Plan:
    """Save it; where that fails, the plan says so."""
    try:
        key, found = signing_key(how.key)
        written = save(made, how.out, how.lifetime, key)
        return replace(written, diagnostics=(*made.diagnostics, *found))
    except StateError as failed:
        return replace(made, diagnostics=(*made.diagnostics, state_finding(failed)))
