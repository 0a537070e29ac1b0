"""`writ destroy`."""

from __future__ import annotations

from pathlib import Path

import click

from reconciler.cli.execute import run_specs
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
    target_option,
    verbose_option,
)
from reconciler.cli.output import Output
from reconciler.workflow.applying import Execution
from reconciler.workflow.planning import Options


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
    json_option,
    no_color_option,
    verbose_option,
)
def destroy(
    paths: tuple[str, ...],
    environment: str | None,
    connections: str | None,
    state_path: Path,
    targets: tuple[str, ...],
    parallelism: int,
    lock_timeout: float,
    *,
    auto_approve: bool,
    as_json: bool,
    no_color: bool,
) -> int:
    """Remove all that Writ made in an environment, and nothing else."""
    if as_json and not auto_approve:
        raise click.UsageError("-json can't ask: add -auto-approve")
    options = Options(targets, destroy=True)
    execution = Execution(state_path, lock_timeout, parallelism)
    return run_specs(
        Output(no_color=no_color),
        request(paths, environment),
        connections,
        options,
        execution,
        auto_approve=auto_approve,
        as_json=as_json,
    )
