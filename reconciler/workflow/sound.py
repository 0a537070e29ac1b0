"""What must hold of a saved plan before anything is done or recorded: it comes from a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reconciler.compile import SystemBinding
from reconciler.engine.graph import CyclicOrder, order
from reconciler.model import Plan
from reconciler.workflow.systems import from_records, known_types, marks_of
from specs.diagnostic import Diagnostic, error, has_errors

_HELP = "plan again"


def systems_of(plan: Plan) -> tuple[Mapping[str, SystemBinding], tuple[Diagnostic, ...]]:
    """The systems of a saved plan, or why it can't be applied."""
    if plan.errored:
        return {}, (error("W607", "this plan has errors and can't be applied", help=_HELP),)
    systems, problems = from_records(plan.environment, plan.systems)
    if has_errors(problems):
        return {}, problems
    try:
        order(plan.changes, marks_of(systems))
    except CyclicOrder as cycle:
        return {}, (error("W620", f"the plan is damaged: these steps wait for each other: {cycle}", help=_HELP),)
    _, strange = known_types(systems, (change.address for change in plan.changes))
    return systems, strange or tuple(_incomplete(plan, systems))


def _incomplete(plan: Plan, systems: Mapping[str, SystemBinding]) -> Iterator[Diagnostic]:
    """Rows that don't say of every attribute, and of no other, what it is to be."""
    for change in plan.changes:
        if change.after is None:
            continue
        marks = systems[change.address.system].provider.types[change.address.type].attributes
        needed = {name for name, mark in marks.items() if not mark.computed}
        if not needed <= change.after.attributes.keys() <= marks.keys():
            what = f"the plan is damaged: {change.address} has other attributes than its type"
            yield error("W620", what, subject=str(change.address), help=_HELP)
