"""`writ apply`."""

from __future__ import annotations

from pathlib import Path

import click

from reconciler.cli.execute import run_saved, run_specs
from reconciler.cli.options import (
    Asked,
    asked,
    auto_approve_option,
    lock_timeout_option,
    parallelism_option,
    require_signature_option,
    strict_option,
    target_option,
)
from reconciler.state.meant import is_meant_as_plan
from reconciler.state.planfile import is_plan
from reconciler.workflow.applying import Execution
from reconciler.workflow.planning import Options
from specs.files import SUFFIXES


@click.command()
@asked(
    auto_approve_option,
    target_option,
    parallelism_option,
    lock_timeout_option,
    strict_option,
    require_signature_option,
)
def apply(  # noqa: D103 - the help is below
    what: Asked,
    targets: tuple[str, ...],
    parallelism: int,
    lock_timeout: float,
    require_signature: Path | None,
    *,
    auto_approve: bool,
    strict: bool,
) -> int:
    execution = Execution(what.state_place, lock_timeout, parallelism)
    plans = [path for path in what.paths if path != "-" and is_plan(Path(path))]
    if not plans and what.paths and what.paths[0] != "-" and is_meant_as_plan(Path(what.paths[0])):
        plans = [what.paths[0]]
    if plans and plans != [what.paths[0]]:
        raise click.UsageError(f"{plans[-1]} is a saved plan: one is applied at a time, and it is named first")
    if plans:
        if what.paths[0].endswith(SUFFIXES):
            raise click.UsageError(
                f"{what.paths[0]} is named like a spec and is a saved plan: rename it, if you trust it"
            )
        if what.environment or targets or strict:
            raise click.UsageError("a saved plan is applied as it is: no -environment, -target or -strict with it")
        return run_saved(what, execution, require_signature)
    if require_signature is not None:
        raise click.UsageError("a signature is required, and only a saved plan can have one: writ apply FILE")
    if what.as_json and not auto_approve:
        raise click.UsageError("-json can't ask: add -auto-approve, or apply a saved plan")
    return run_specs(what, Options(targets), execution, auto_approve=auto_approve, strict=strict)


apply.help = """Make the systems what the specs declare.

PATH: specs (planned, shown and asked about first), or one plan saved by `writ plan -out FILE` (applied exactly as
it is, or refused before the first write). Specs named after a plan are those that it must have been made from.

Exit codes: 0 done, 1 error or something was not done, 130 interrupted.
"""
