"""What is told of a situation besides its changes: what systems report, and where they don't fit what is recorded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from reconciler.engine.others import Strays
from reconciler.model import PLACE, Address
from reconciler.workflow.situation import Situation
from specs.diagnostic import Diagnostic, Severity, in_order_of_files, warning


def reported(now: Situation, *, destroy: bool) -> tuple[Diagnostic, ...]:
    """What systems report, in the order of the files. Of an object that is to go it's no reason not to remove it."""
    if not now.refreshed.reported:
        return ()
    going = {str(address) for address in now.state.objects.keys() - now.desired.keys()}
    spans = {
        (str(address), code): wanted.place(code)
        for code in {found.code for found in now.refreshed.reported}
        for address, wanted in now.desired.items()
    }
    placed = (
        replace(
            found,
            severity=Severity.WARNING if destroy or found.subject in going else found.severity,
            span=spans.get((found.subject, found.code)) or found.span,
        )
        for found in now.refreshed.reported
    )
    # Systems report in any order; every run tells it in the same one.
    return tuple(in_order_of_files(sorted(placed, key=lambda one: (one.subject, one.code))))


def elsewhere(now: Situation) -> Iterator[Diagnostic]:
    """Systems that answer from another place than the one where their objects were applied. Servers are rebuilt, so it
    is no error; but whoever reached another one by accident must not take all for deleted.
    """
    for name in sorted({address.system for address in now.state.objects}):
        snapshot, record = now.refreshed.snapshots.get(name), now.state.systems.get(name)
        was, here = record.place if record else "", snapshot.facts.get(PLACE, "") if snapshot else ""
        if was and here and was != here:
            yield warning(
                "W512",
                f"{name} was {was} when its objects were applied, and is now {here}",
                subject=name,
                help="check the address and namespace in the connections; if it was moved or rebuilt, apply records it",
                span=now.systems[name].scope.span,
            )


def marked_outside(now: Situation) -> Iterator[Diagnostic]:
    """One warning for each system that holds objects with our marker outside the scope, which nobody recorded here."""
    by_system: dict[str, list[Address]] = {}
    for address in sorted(Strays.of(now.refreshed.snapshots, now.state).marked - now.desired.keys()):
        by_system.setdefault(address.system, []).append(address)
    for system, found in by_system.items():
        more = f" and {len(found) - 1} more" if len(found) > 1 else ""
        yield warning(
            "W513",
            f"{found[0]}{more}: marked as made by {now.environment}/{system}, outside its scope and not recorded; "
            "left alone",
            subject=system,
            help="another project may use the same names for environment and system; if it is none, remove them",
        )
