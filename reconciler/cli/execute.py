"""Running an apply or a destroy from the command line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from reconciler.audit.record import Circumstances, ci_run
from reconciler.cli.findings import state_finding
from reconciler.cli.options import Asked
from reconciler.cli.output import Output
from reconciler.cli.progress import Progress
from reconciler.cli.run import ask, report, show_plan
from reconciler.cli.signals import Interrupts, Terminated
from reconciler.connections import read_connections
from reconciler.model import ApplyResult, Plan
from reconciler.render.diagnostics import SourceLine, no_source
from reconciler.render.progress import result_json
from reconciler.state.errors import StateError
from reconciler.workflow.applying import Application, Console, Execution, apply_saved, apply_specs
from reconciler.workflow.leaving import or_recorded
from reconciler.workflow.planning import Options
from reconciler.workflow.refusing import load_told
from reconciler.workflow.saved import not_of_specs, required_key
from reconciler.workflow.specs import prepare
from reconciler.workflow.undoing import undo
from specs.diagnostic import has_errors


def run_specs(what: Asked, options: Options, execution: Execution, *, auto_approve: bool, strict: bool = False) -> int:
    """Plan, show, ask, apply. Returns the exit code."""
    with _running(what) as run:
        output = run.output
        operator, problems = read_connections(what.connections)
        if has_errors(problems):
            output.findings(problems)
            return run.code
        prepared = prepare(what.request(strict=strict), operator)
        if options.destroy:
            prepared = or_recorded(prepared, what.environment, what.state_place)
        source_line = prepared.specs.sources.source_line
        console = Console(
            show=lambda plan: _show(output, plan, source_line, as_json=what.as_json),
            approve=lambda plan: auto_approve or ask(plan),
            listen=run.progress.listen,
            notice=output.notice,
            walking=run.interrupts.walking,
        )
        approval = "auto-approve" if auto_approve else "asked at a terminal"
        how = Circumstances(approval, ci=ci_run(operator.environ))
        application = apply_specs(prepared, operator, options, replace(execution, circumstances=how), console)
        if has_errors(prepared.diagnostics):
            output.findings(application.plan.diagnostics, source_line)
        run.ends_with(application)
    return run.code


def run_saved(what: Asked, execution: Execution, required: Path | None) -> int:
    """Apply a saved plan, signed by the ``required`` key if there is one. Returns the exit code."""
    with _running(what) as run:
        output = run.output
        operator, problems = read_connections(what.connections)
        if has_errors(problems):
            output.findings(problems)
            return run.code
        key, found = required_key(required)
        how = Circumstances("saved plan", ci=ci_run(operator.environ))
        saved = load_told(Path(what.paths[0]), key, execution.state_place, how)
        plan = saved.plan
        if what.paths[1:]:
            found += not_of_specs(plan, replace(what.request(), paths=what.paths[1:]))
        output.findings(found)
        if has_errors(found):
            return run.code
        console = Console(
            show=lambda shown: _show(output, shown, as_json=what.as_json),
            approve=lambda _plan: True,
            listen=run.progress.listen,
            notice=output.notice,
            walking=run.interrupts.walking,
        )
        signer = saved.signer.fingerprint if saved.signer else ""
        how = replace(how, signed_by=signer)
        run.ends_with(apply_saved(plan, operator, replace(execution, circumstances=how), console))
    return run.code


def run_undo(what: Asked, name: str, execution: Execution, *, auto_approve: bool) -> int:
    """Show what is restored, ask, do it. Returns the exit code."""
    with _running(what) as run:
        output = run.output
        operator, problems = read_connections(what.connections)
        if has_errors(problems):
            output.findings(problems)
            return run.code
        prepared = prepare(what.request(), operator)
        console = Console(
            show=lambda plan: _show(output, plan, as_json=what.as_json),
            approve=lambda plan: auto_approve or ask(plan),
            listen=run.progress.listen,
            notice=output.notice,
            walking=run.interrupts.walking,
        )
        approval = "auto-approve" if auto_approve else "asked at a terminal"
        how = Circumstances(approval, ci=ci_run(operator.environ))
        run.ends_with(undo(prepared, operator, name, replace(execution, circumstances=how), console))
    return run.code


@dataclass(slots=True)
class _Run:
    """A run on its way, and how it ended."""

    output: Output
    progress: Progress
    as_json: bool
    interrupts: Interrupts = field(init=False)
    result: ApplyResult | None = None
    code: int = 1

    def __post_init__(self) -> None:
        self.interrupts = Interrupts(self.output.notice)

    def ends_with(self, application: Application) -> None:
        """Tell what came of it."""
        self.result = application.result
        self.output.findings(application.diagnostics)
        if not application.approved:
            self.output.text("\nNothing was done: not approved.")
        elif application.result is not None:
            self.code = report(self.output, application.plan, application.result, quiet=self.as_json)

    def is_cut_short(self) -> None:
        """Tell how far it came."""
        self.result = ApplyResult(self.progress.ended, interrupted=True)
        if not self.as_json and not self.interrupts.walked:
            self.output.text("\nNothing was done: interrupted.")


@contextmanager
def _running(what: Asked) -> Iterator[_Run]:
    """However a run ends, the last line of its JSON output is the result."""
    output = Output(no_color=what.no_color, json_lines=what.as_json)
    with Progress(output, as_json=what.as_json) as progress:
        run = _Run(output, progress, what.as_json)
        try:
            yield run
        except StateError as failed:
            output.findings((state_finding(failed),))
        except (KeyboardInterrupt, Terminated):
            run.is_cut_short()
            raise
        finally:
            if what.as_json:
                output.json_line(result_json(run.result))


def _show(output: Output, plan: Plan, source_line: SourceLine = no_source, *, as_json: bool) -> None:
    if as_json:
        output.findings(plan.diagnostics, source_line)
    else:
        show_plan(output, plan, source_line)
