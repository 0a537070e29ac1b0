"""A run as it enters the audit record: told before it begins, at each step, and at its end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from importlib.metadata import version

from reconciler.audit import record
from reconciler.audit.entry import Kind
from reconciler.audit.journal import Item, Journal
from reconciler.audit.record import Circumstances
from reconciler.engine.apply import Ended, Listener
from reconciler.engine.graph import Phase
from reconciler.model import ApplyResult, Change, Outcome, Plan, StepEvent
from reconciler.state.errors import StateError
from reconciler.state.lockinfo import whoami
from specs.diagnostic import error


class Chronicle:
    """One run's entries. What can't be written is kept as ``trouble``: the run begins nothing more, and says so."""

    def __init__(self, journal: Journal, plan: Plan, listen: Listener) -> None:
        self._journal, self._plan, self._listen = journal, plan, listen
        self._changes = plan.by_address()
        self._waiting: list[Item] = []
        self.trouble: StateError | None = None

    def begun(self, how: Circumstances, identities: Mapping[str, str]) -> None:
        """Before anything is written. Raises StateError."""
        head = record.run_begun(self._plan, how, whoami(), identities, version("writ-iam"))
        rows = [(Kind.ACCESS, record.access(row)) for row in self._plan.access]
        self._journal.write([(Kind.RUN_BEGUN, head), *rows])

    @contextmanager
    def kept(self) -> Iterator[None]:
        """However the run ends, its end is written, if that can be."""
        try:
            yield
        except BaseException as why:
            if self.trouble is None:
                with suppress(StateError):
                    self._journal.write([*self._waiting, (Kind.RUN_ENDED, record.run_broken_off(type(why).__name__))])
            raise

    def step_begun(self, steps: Sequence[tuple[Change, Phase]]) -> None:
        """Before their calls. Raises StateError."""
        if self.trouble is not None:
            raise self.trouble
        self._write([(Kind.STEP_BEGUN, record.step_begun(change, phase.value)) for change, phase in steps])
        if self.trouble is not None:
            raise self.trouble

    def steps_ended(self, steps: Sequence[Ended]) -> None:
        """After their calls. What can't be written is in ``trouble``."""
        self._write([(Kind.STEP_ENDED, record.step_ended(one.change, one.event)) for one in steps])

    def hear(self, event: StepEvent) -> None:
        """A listener that passes on what it hears. What was skipped can wait for its writing, and be thousands."""
        if event.outcome is Outcome.SKIPPED:
            self._waiting.append((Kind.STEP_ENDED, record.step_ended(self._changes[event.address], event)))
        self._listen(event)

    def ended(self, result: ApplyResult) -> ApplyResult:
        """After the last step. What couldn't be written is a finding of the result."""
        self._write([(Kind.RUN_ENDED, record.run_ended(result))])
        failed = self.trouble
        if failed is None or any(one.code == failed.code for one in result.diagnostics):
            return result
        message = f"the audit record lacks an end of this run, or of its steps: {failed.message}"
        found = error(failed.code, message, subject=self._plan.environment, help=failed.help)
        return replace(result, diagnostics=(*result.diagnostics, found))

    def _write(self, items: Sequence[Item]) -> None:
        if self.trouble is not None:
            return
        try:
            self._journal.write([*self._waiting, *items])
            self._waiting.clear()
        except StateError as failed:
            self.trouble = failed
