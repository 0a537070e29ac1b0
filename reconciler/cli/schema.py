"""`writ schema`."""

from __future__ import annotations

import click

from reconciler.cli.output import Output
from reconciler.workflow.schema import spec_schema


@click.command()
def schema() -> int:
    """Print the specs' JSON Schema (draft 2020-12), with the access of every installed provider, for editors."""
    Output().json(spec_schema())
    return 0
