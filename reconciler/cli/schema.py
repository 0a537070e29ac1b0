"""`writ schema`."""

from __future__ import annotations

import click

from reconciler.cli.output import Output
from reconciler.render.inventory_schema import inventory_schema
from reconciler.render.plan_schema import plan_schema


@click.command()
@click.argument("what", type=click.Choice(["specs", "plan", "inventory"]), default="specs")
def schema(what: str) -> int:
    """Print a JSON Schema (draft 2020-12).

    specs (the default): of specs, with the access of every installed provider, for editors. plan: of the plan's JSON,
    for whoever reads `writ plan -json`; inventory: of `writ inventory -json`.
    """
    if what == "inventory":
        Output().json(inventory_schema())
        return 0
    if what == "plan":
        Output().json(plan_schema())
        return 0
    from reconciler.workflow.schema import spec_schema  # noqa: PLC0415 - it loads every provider

    Output().json(spec_schema())
    return 0
