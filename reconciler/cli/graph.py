"""`writ graph`."""

from __future__ import annotations

from enum import StrEnum

import click

from reconciler.cli.options import all_of, connections_option, environment_option, no_color_option, request
from reconciler.cli.output import Output
from reconciler.connections import read_connections
from reconciler.render.graph import dot_lines, graph_json, mermaid_lines
from reconciler.workflow.graph import access_graph
from reconciler.workflow.specs import prepare
from specs.diagnostic import has_errors


class Form(StrEnum):
    """How the graph is written."""

    DOT = "dot"
    MERMAID = "mermaid"
    JSON = "json"
    HTML = "html"


@click.command()
@all_of(
    click.argument("paths", nargs=-1, metavar="[PATH]..."),
    click.option("-live", "--live", is_flag=True, help="By the systems as they are, not by what the specs want."),
    click.option(
        "-format",
        "--format",
        "form",
        type=click.Choice([one.value for one in Form]),
        default=Form.DOT.value,
        help="dot (Graphviz), mermaid, json, or html: one page that loads nothing. [dot]",
    ),
    environment_option,
    connections_option,
    no_color_option,
)
def graph(
    paths: tuple[str, ...],
    form: str,
    environment: str | None,
    connections: str | None,
    *,
    live: bool,
    no_color: bool,
) -> int:
    """Write the access graph: agents, their intents, what these reach, and escalations.

    PATH: files, folders, or - for standard input; by default the folder specs, or this folder.

    By the specs, without touching a system, unless -live is given. Exit codes: 0 done, 1 error.
    """
    output = Output(no_color=no_color)
    operator, problems = read_connections(connections)
    if has_errors(problems):
        output.findings(problems)
        return 1
    prepared = prepare(request(paths, environment), operator)
    found, diagnostics = access_graph(prepared, operator, live=live)
    output.findings(diagnostics, prepared.specs.sources.source_line)
    if found is None:
        return 1
    if form == Form.JSON:
        output.json(graph_json(found))
    elif form == Form.HTML:
        from reconciler.render.graph_html import html_page  # noqa: PLC0415 - reads files of the package

        output.text(html_page(found))
    else:
        output.text("\n".join((dot_lines if form == Form.DOT else mermaid_lines)(found)))
    return 0
