"""Running an apply or a destroy from the command line."""

from __future__ import annotations

from pathlib import Path

from reconciler.cli.options import Asked
from reconciler.cli.output import Output
from reconciler.cli.progress import Progress
from reconciler.cli.run import Interrupts, ask, report, show_plan, state_errors
from reconciler.connections import read_connections
from reconciler.model import Plan
from reconciler.render.diagnostics import SourceLine, no_source
from reconciler.render.progress import result_json
from reconciler.state.planfile import load_plan
from reconciler.workflow.applying import Application, Console, Execution, apply_saved, apply_specs
from reconciler.workflow.planning import Options
from reconciler.workflow.specs import prepare
from specs.diagnostic import has_errors


def run_specs(what: Asked, options: Options, execution: Execution, *, auto_approve: bool, strict: bool = False) -> int:
    """Plan, show, ask, apply. Returns the exit code."""
    output, as_json = Output(no_color=what.no_color), what.as_json
    operator, problems = read_connections(what.connections)
    if has_errors(problems):
        output.findings(problems)
        return 1
    prepared = prepare(what.request(strict=strict), operator)
    source_line = prepared.specs.sources.source_line
    with state_errors(output) as status, Progress(output, as_json=as_json) as progress:
        interrupts = Interrupts(output)
        console = Console(
            show=lambda plan: _show(output, plan, source_line, as_json=as_json),
            approve=lambda plan: auto_approve or ask(plan),
            listen=progress.listen,
            notice=output.notice,
            interrupted=interrupts,
        )
        with interrupts.watched():
            application = apply_specs(prepared, operator, options, execution, console)
        if has_errors(prepared.diagnostics):
            output.findings(application.plan.diagnostics, source_line)
        status.code = _outcome(output, application, as_json=as_json)
    return status.code


def run_saved(what: Asked, execution: Execution) -> int:
    """Apply a saved plan. Returns the exit code."""
    output, as_json = Output(no_color=what.no_color), what.as_json
    operator, problems = read_connections(what.connections)
    if has_errors(problems):
        output.findings(problems)
        return 1
    with state_errors(output) as status, Progress(output, as_json=as_json) as progress:
        interrupts = Interrupts(output)
        console = Console(
            show=lambda _plan: None,
            approve=lambda _plan: True,
            listen=progress.listen,
            notice=output.notice,
            interrupted=interrupts,
        )
        with interrupts.watched():
            plan = load_plan(Path(what.paths[0]))
            _show(output, plan, as_json=as_json)
            application = apply_saved(plan, operator, execution, console)
        status.code = _outcome(output, application, as_json=as_json)
    return status.code


def _show(output: Output, plan: Plan, source_line: SourceLine = no_source, *, as_json: bool) -> None:
    if as_json:
        output.findings(plan.diagnostics, source_line)
    else:
        show_plan(output, plan, source_line)


def _outcome(output: Output, application: Application, *, as_json: bool) -> int:
    output.findings(application.diagnostics)
    if not application.approved:
        output.text("\nNothing was done: not approved.")
        return 1
    if application.result is None:
        return 1
    code = report(output, application.plan, application.result, quiet=as_json)
    if as_json:
        output.json_line(result_json(application.result))
    return code
