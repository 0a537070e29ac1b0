"""`writ validate`."""

from __future__ import annotations

import click

from reconciler.cli.options import (
    all_of,
    environment_option,
    json_option,
    no_color_option,
    paths_argument,
    request,
    strict_option,
)
from reconciler.cli.output import Output
from reconciler.render.diagnostics import diagnostics_json
from reconciler.workflow.specs import validate as check
from specs.diagnostic import has_errors


@click.command()
@all_of(paths_argument, environment_option, strict_option, json_option, no_color_option)
def validate(paths: tuple[str, ...], environment: str | None, *, strict: bool, as_json: bool, no_color: bool) -> int:
    """Check specs without touching any system. PATH: files, folders, or - for standard input."""
    output = Output(no_color=no_color)
    specs, _, diagnostics = check(request(paths, environment, strict=strict))
    failed = has_errors(diagnostics)
    if as_json:
        output.json({"format_version": "1.0", "valid": not failed, "diagnostics": diagnostics_json(diagnostics)})
        return int(failed)
    output.findings(diagnostics, specs.sources.source_line)
    if not failed:
        output.text(f"Success! The specs are valid: {_counts(specs.catalog)}.")
    return int(failed)


def _counts(catalog: object) -> str:
    kinds = ("environments", "intents", "agents", "guardrails", "retirements")
    counts = [(len(getattr(catalog, kind)), kind) for kind in kinds]
    return ", ".join(f"{count} {kind if count != 1 else kind[:-1]}" for count, kind in counts)
