"""`writ show`."""

from __future__ import annotations

from pathlib import Path

import click

from reconciler.cli.options import all_of, json_option, no_color_option
from reconciler.cli.output import Output
from reconciler.cli.run import show_plan, state_errors
from reconciler.state.planfile import load_plan


@click.command()
@all_of(click.argument("file", type=click.Path(path_type=Path)), json_option, no_color_option)
def show(file: Path, *, as_json: bool, no_color: bool) -> int:
    """Show a plan saved by `writ plan -out FILE`."""
    output = Output(no_color=no_color)
    with state_errors(output) as status:
        show_plan(output, load_plan(file), as_json=as_json)
    return status.code
