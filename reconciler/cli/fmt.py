"""`writ fmt`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from reconciler.cli.options import all_of, default_paths, no_color_option, paths_argument
from reconciler.cli.output import Output
from reconciler.workflow.formatting import format_paths, format_stream
from specs.diagnostic import has_errors


@click.command()
@all_of(
    paths_argument,
    click.option("-check", "--check", is_flag=True, help="Write nothing; exit 2 if a file isn't formatted."),
    no_color_option,
)
def fmt(paths: tuple[str, ...], *, check: bool, no_color: bool) -> int:
    """Format specs, keeping comments. Prints the files that change; a file with errors is left as it is.

    With - the specs are read from standard input and written to standard output; with -check nothing is written.
    Exit codes: 0 done, 1 error, with -check 2 if something isn't formatted.
    """
    output = Output(no_color=no_color)
    if paths == ("-",):
        formatted = format_stream(sys.stdin.buffer)
        if not check:
            # Specs are UTF-8, whatever the terminal's encoding is.
            sys.stdout.buffer.write(formatted.text.encode())
        output.findings(formatted.diagnostics)
        if has_errors(formatted.diagnostics):
            return 1
        return 2 if check and formatted.changed else 0
    changed, diagnostics = format_paths(paths or default_paths(), write=not check)
    for file in changed:
        output.text(str(Path(file)))
    output.findings(diagnostics)
    if has_errors(diagnostics):
        return 1
    return 2 if check and changed else 0
