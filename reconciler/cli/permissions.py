"""`writ permissions`."""

from __future__ import annotations

import click

from reconciler.cli.options import (
    all_of,
    environment_option,
    json_option,
    no_color_option,
    paths_argument,
    request,
)
from reconciler.cli.output import Output
from reconciler.render.permissions import bare_lines, permissions_json, permissions_lines
from reconciler.workflow.permissions import Permissions, Purpose
from reconciler.workflow.permissions import permissions as needed_for
from specs.diagnostic import has_errors


@click.command()
@all_of(
    click.argument("verb", metavar="plan|apply|inventory", type=click.Choice([one.value for one in Purpose])),
    paths_argument,
    environment_option,
    click.option(
        "-system", "--system", default="", metavar="NAME", help="Only this one's, to be handed to it as it is."
    ),
    json_option,
    no_color_option,
)
def permissions(
    verb: str, paths: tuple[str, ...], environment: str | None, system: str, *, as_json: bool, no_color: bool
) -> int:
    """Print the least privilege that Writ's own login needs in each system.

    For the scope of the specs, in each system's language: an IAM policy, a Vault ACL policy, SQL. Touches no system.
    `plan`: to plan and to look for drift; `apply`: to apply and to destroy; `inventory`: to see all that stands.
    """
    output = Output(no_color=no_color)
    found = needed_for(request(paths, environment), system, Purpose(verb))
    output.findings(found.diagnostics, found.sources.source_line)
    if has_errors(found.diagnostics):
        return 1
    if as_json:
        output.json(_json(found, verb))
    for one in () if as_json else found.needed:
        rights = one.rights
        lines = (
            bare_lines(rights.text)
            if system
            else permissions_lines(one.system, one.provider, rights.form, rights.text, rights.notes)
        )
        output.lines(lines)
    return 0


def _json(found: Permissions, verb: str) -> object:
    systems = [
        {
            "name": one.system,
            "provider": one.provider,
            "form": one.rights.form,
            "text": one.rights.text,
            "notes": list(one.rights.notes),
        }
        for one in found.needed
    ]
    return permissions_json(found.environment, verb, systems)
