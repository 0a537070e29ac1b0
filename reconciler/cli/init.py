"""`writ init`."""

from __future__ import annotations

from pathlib import Path

import click

from reconciler.cli.output import Output
from reconciler.workflow.scaffold import scaffold
from specs.diagnostic import has_errors


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=Path())
def init(folder: Path) -> int:
    """Start a folder of specs that plan and apply at once in the sandbox. Overwrites nothing."""
    output = Output()
    written, diagnostics = scaffold(folder)
    output.findings(diagnostics)
    if has_errors(diagnostics):
        return 1
    for path in written:
        output.text(f"wrote {path}")
    there = "" if folder == Path() else f"  cd {folder}\n"
    output.text(
        f"\nTry it, without an account anywhere:\n{there}  writ validate\n  writ sandbox up\n"
        "  writ plan --connections .writ/sandbox/connections.yaml"
    )
    return 0
