"""`writ show`."""

from __future__ import annotations

from pathlib import Path

import click

from reconciler.cli.findings import state_finding
from reconciler.cli.options import all_of, json_option, no_color_option
from reconciler.cli.output import Output
from reconciler.cli.run import show_plan
from reconciler.state.errors import StateError
from reconciler.state.planfile import load_plan
from reconciler.workflow.planning import no_plan


@click.command()
@all_of(click.argument("file", type=click.Path(path_type=Path)), json_option, no_color_option)
def show(file: Path, *, as_json: bool, no_color: bool) -> int:
    """Show a plan saved by `writ plan -out FILE`."""
    output = Output(no_color=no_color)
    try:
        show_plan(output, load_plan(file), as_json=as_json)
    except StateError as failed:
        findings = (state_finding(failed),)
        if as_json:
            show_plan(output, no_plan("", findings), as_json=True)
        else:
            output.findings(findings)
        return 1
    return 0
