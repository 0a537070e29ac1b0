"""Following a run: a live line on a terminal, event lines elsewhere, JSON lines for machines."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.live import Live
from rich.text import Text

from reconciler.cli.output import Output
from reconciler.model import Address, Outcome, StepEvent
from reconciler.render.progress import event_json, event_line
from reconciler.render.safe import safe

_SHOWN = 5
"""Running steps named in the live display."""


class Progress:
    """A listener of step events. A context manager: the live display ends with it."""

    def __init__(self, output: Output, *, as_json: bool) -> None:
        self._output, self._as_json = output, as_json
        self._running: dict[Address, str] = {}
        self._done = 0
        self._ended: list[StepEvent] = []
        self._live: Live | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    @property
    def ended(self) -> tuple[StepEvent, ...]:
        """The last events of the steps that have one."""
        return tuple(self._ended)

    def listen(self, event: StepEvent) -> None:
        """Show one event."""
        if event.outcome not in {Outcome.STARTED, Outcome.RETRYING}:
            self._ended.append(event)
        if self._as_json:
            self._output.json_line(event_json(event))
        elif self._output.out.is_terminal:
            self._show_live(event)
        else:
            self._output.lines([event_line(event)])

    def _show_live(self, event: StepEvent) -> None:
        if self._live is None:
            self._live = Live(console=self._output.out, refresh_per_second=10, transient=True)
            self._live.start()
        if event.outcome is Outcome.STARTED:
            self._running[event.address] = event.phase
        elif event.outcome is not Outcome.RETRYING:
            self._running.pop(event.address, None)
            self._done += 1
        if event.outcome is not Outcome.STARTED:
            self._live.console.print(event_line(event))
        names = [f"{phase} {safe(str(address))}" for address, phase in list(self._running.items())[:_SHOWN]]
        self._live.update(Text(f"{self._done} done; now: {'; '.join(names) or 'finishing'}", overflow="ellipsis"))
