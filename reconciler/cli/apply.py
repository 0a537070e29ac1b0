"""`writ apply`."""

from __future__ import annotations

from pathlib import Path

import click

from reconciler.cli.execute import run_saved, run_specs
from reconciler.cli.options import (
    all_of,
    auto_approve_option,
    connections_option,
    environment_option,
    json_option,
    lock_timeout_option,
    no_color_option,
    parallelism_option,
    paths_argument,
    request,
    state_option,
    strict_option,
    target_option,
    verbose_option,
)
from reconciler.cli.output import Output
from reconciler.state.planfile import is_plan
from reconciler.workflow.applying import Execution
from reconciler.workflow.planning import Options
from specs.files import SUFFIXES


@click.command()
@all_of(
    paths_argument,
    environment_option,
    connections_option,
    state_option,
    auto_approve_option,
    target_option,
    parallelism_option,
    lock_timeout_option,
    strict_option,
    json_option,
    no_color_option,
    verbose_option,
)
def apply(  # noqa: D103 - the help is below
    paths: tuple[str, ...],
    environment: str | None,
    connections: str | None,
    state_path: Path,
    targets: tuple[str, ...],
    parallelism: int,
    lock_timeout: float,
    *,
    auto_approve: bool,
    strict: bool,
    as_json: bool,
    no_color: bool,
) -> int:
    output = Output(no_color=no_color)
    execution = Execution(state_path, lock_timeout, parallelism)
    if len(paths) == 1 and is_plan(Path(paths[0])):
        if paths[0].endswith(SUFFIXES):
            raise click.UsageError(f"{paths[0]} is named like a spec and is a saved plan: rename it, if you trust it")
        if environment or targets or strict:
            raise click.UsageError("a saved plan is applied as it is: no -environment, -target or -strict with it")
        return run_saved(output, Path(paths[0]), connections, execution, as_json=as_json)
    if as_json and not auto_approve:
        raise click.UsageError("-json can't ask: add -auto-approve, or apply a saved plan")
    wanted = request(paths, environment, strict=strict)
    return run_specs(
        output, wanted, connections, Options(targets), execution, auto_approve=auto_approve, as_json=as_json
    )


apply.help = """Make the systems what the specs declare.

PATH: specs (planned, shown and asked about first), or one plan saved by `writ plan -out FILE` (applied exactly as
it is, or refused before the first write).

Exit codes: 0 done, 1 error or something was not done, 130 interrupted.
"""
