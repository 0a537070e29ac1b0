"""`writ destroy`."""

from __future__ import annotations

import os

import click

from reconciler.cli.execute import run_specs
from reconciler.cli.options import (
    Asked,
    asked,
    auto_approve_option,
    lock_timeout_option,
    parallelism_option,
    target_option,
)
from reconciler.workflow.applying import Execution
from reconciler.workflow.planning import Options
from reconciler.workflow.saved import REQUIRED


@click.command()
@asked(auto_approve_option, target_option, parallelism_option, lock_timeout_option)
def destroy(what: Asked, targets: tuple[str, ...], parallelism: int, lock_timeout: float, *, auto_approve: bool) -> int:
    """Remove all that Writ made in an environment, and nothing else."""
    if os.environ.get(REQUIRED):
        raise click.UsageError(f"{REQUIRED} is set: writ plan -destroy -out FILE --sign KEY, then writ apply FILE")
    if what.as_json and not auto_approve:
        raise click.UsageError("-json can't ask: add -auto-approve")
    execution = Execution(what.state_place, lock_timeout, parallelism)
    return run_specs(what, Options(targets, destroy=True), execution, auto_approve=auto_approve)
