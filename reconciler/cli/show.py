"""`writ show`."""

from __future__ import annotations

from pathlib import Path

import click

from reconciler.cli.findings import state_finding
from reconciler.cli.formats import (
    EXIT_TRIPPED,
    Format,
    chosen_format,
    fail_on_option,
    format_option,
    full_option,
    print_plan,
)
from reconciler.cli.options import all_of, json_option, no_color_option, require_signature_option
from reconciler.cli.output import Output
from reconciler.model.gate import Condition
from reconciler.render.saved import saved_lines
from reconciler.state.errors import StateError
from reconciler.workflow.planning import no_plan
from reconciler.workflow.saved import load, required_key


@click.command()
@all_of(
    click.argument("file", type=click.Path(path_type=Path)),
    format_option,
    full_option,
    require_signature_option,
    fail_on_option,
    json_option,
    no_color_option,
)
def show(
    file: Path,
    form: str | None,
    fail_on: tuple[Condition, ...],
    require_signature: Path | None,
    *,
    full: bool,
    as_json: bool,
    no_color: bool,
) -> int:
    """Show a plan saved by `writ plan -out FILE`, in any form, and who signed it.

    Exit codes: 0 done, 1 error, 3 something of -fail-on holds.
    """
    output, chosen = Output(no_color=no_color), chosen_format(form, as_json=as_json)
    try:
        key, found = required_key(require_signature)
        saved = load(file, key)
    except StateError as failed:
        findings = (state_finding(failed),)
        if chosen is Format.HUMAN:
            output.findings(findings)
        else:
            print_plan(output, no_plan("", findings), chosen)
        return 1
    gate = print_plan(output, saved.plan, chosen, fail_on, full=full)
    output.findings(found)
    if chosen is Format.HUMAN:
        signer = saved.signer.fingerprint if saved.signer else ""
        output.text("")
        output.lines(saved_lines(saved.plan.expires, signer, verified=key is not None))
    if fail_on and saved.plan.errored:
        return 1
    return EXIT_TRIPPED if gate.tripped else 0
