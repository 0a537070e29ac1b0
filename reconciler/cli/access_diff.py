"""`writ access-diff`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from reconciler.access import Verdict
from reconciler.cli.options import all_of, json_option, no_color_option
from reconciler.cli.output import Output
from reconciler.render.access import comparison_json, comparison_lines
from reconciler.workflow.access_diff import MOST_BYTES, compare_files

CODES = {
    Verdict.EQUAL: 0,
    Verdict.NARROWS: 10,
    Verdict.WIDENS: 11,
    Verdict.INCOMPARABLE: 12,
    Verdict.MAY_WIDEN: 13,
    Verdict.UNKNOWN: 14,
}
"""Apart from 1 (an error) and 2 (changes), which other commands use: 0 and 10 are safe, all above need a look."""


@click.command()
@all_of(
    click.argument("old", type=click.Path(path_type=Path, allow_dash=True)),
    click.argument("new", type=click.Path(path_type=Path, allow_dash=True)),
    json_option,
    no_color_option,
)
def access_diff(old: Path, new: Path, *, as_json: bool, no_color: bool) -> int:
    """Compare the access that two policy files give: AWS JSON, or Vault HCL or JSON. One may be -.

    Of AWS: two identity policies, two trust policies of roles, or two policies of resources (buckets, queues, keys …).

    Says whether NEW widens, narrows or equals OLD, with a concrete request for each. Neither specs nor a system is
    needed.

    Exit codes: 0 equal, 10 narrows, 11 widens, 12 gains and loses, 13 may widen, 14 unknown, 1 error.
    """
    output = Output(no_color=no_color)
    if str(old) == str(new) == "-":
        raise click.UsageError("only one of the two can be -")
    found, diagnostics = compare_files(old, new, lambda: sys.stdin.buffer.read(MOST_BYTES + 1))
    output.findings(diagnostics)
    if found is None:
        return 1
    if as_json:
        output.json(comparison_json(found))
    else:
        output.lines(comparison_lines(found))
    return CODES[found.verdict]
