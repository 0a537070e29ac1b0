"""What a plan of drafted specs would change, and whose principal is to blame: it isn't as Writ would make it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from reconciler.engine.importing.drafting import Draft
from reconciler.model import Action, Address, AttributeChange, Change, Desired, Lacking, Origin, Plan, Value
from specs.diagnostic import Diagnostic, Severity

_STILL = frozenset({Action.NO_OP, Action.ADOPT, Action.IMPORT})
_LONGEST = 60
"""Characters of a value."""


@dataclass(frozen=True, slots=True)
class Blame:
    """A principal that can't be an agent's, and why."""

    address: Address
    why: Lacking


def blamed(plan: Plan, desired: Mapping[Address, Desired], made: Draft) -> tuple[list[Blame], list[Diagnostic]]:
    """Principals by the rows that the plan would change for them, and by its errors; and the errors that are nobody's.

    Of an object that several share, whoever else is to blame may be the reason: so those come first, and alone.
    """
    whose = _Whose(desired, made)
    found: list[tuple[list[Address], Lacking]] = [
        (list(dict.fromkeys(whose.of_row(row))), _reason(row))
        for row in plan.changes
        if row.action not in _STILL or row.by_hand is not None
    ]
    rest: list[Diagnostic] = []
    for one in plan.diagnostics:
        if one.severity is Severity.ERROR:
            those = list(dict.fromkeys(whose.of_finding(one)))
            found.append((those, Lacking(one.message, one.help)))
            rest += [] if those else [one]
    alone = [blame for blame in found if len(blame[0]) == 1]
    return [Blame(address, why) for those, why in alone or found for address in those], rest


@dataclass(slots=True)
class _Whose:
    """Principals by what the specs want for them: looked up for many rows, so indexed once."""

    desired: Mapping[Address, Desired]
    made: Draft
    _wanting: dict[Address, list[Origin]] = field(default_factory=dict)
    """An address → why it, and what stands on it, is wanted."""
    _principals: dict[str, dict[str, tuple[Address, ...]]] = field(default_factory=dict)
    """Agent → intent → principals."""
    _addresses: dict[str, Address] = field(default_factory=dict)
    _documents: dict[str, tuple[Address, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for address, one in self.desired.items():
            self._addresses[str(address)] = address
            for wanted in (address, *one.depends_on):
                self._wanting.setdefault(wanted, []).append(one.origin)
        for (agent, intent), those in self.made.pairs.items():
            self._principals.setdefault(agent, {})[intent] = those
        self._documents = {f"{one.kind}/{one.name}": one.of for one in self.made.documents}

    def of_row(self, row: Change) -> Iterator[Address]:
        """By the pair that wants it, else by those that stand on it, else by those that it stands on."""
        own = list(self._of(row.address))
        needed = (*row.depends_on, *(row.before.depends_on if row.before else ()))
        yield from own or (one for address in needed for one in self._of(address))

    def of_finding(self, found: Diagnostic) -> Iterator[Address]:
        """By the document in which it is, else by the object that it is about."""
        those = self._documents.get(found.span.file, ()) if found.span is not None else ()
        address = self._addresses.get(found.subject)
        yield from those or (self._of(address) if address is not None else ())

    def _of(self, address: Address) -> Iterator[Address]:
        for origin in self._wanting.get(address, ()):
            intents = self._principals.get(origin.agent, {})
            chosen = [intents.get(origin.intent, ())] if origin.intent else list(intents.values())
            every = [principal for those in chosen for principal in those]
            yield from [one for one in every if one.system == address.system] or every


def _reason(row: Change) -> Lacking:
    if row.by_hand is not None:
        return Lacking(row.by_hand.why, row.by_hand.how)
    if row.action is Action.CREATE:
        return Lacking(f"Writ would make {row.address} besides")
    if row.action is Action.DELETE:
        return Lacking(f"{row.address} hangs on it, and the specs can't say that", "take it away, or leave it all")
    differs = "; ".join(_difference(one) for one in row.attributes)
    return Lacking(f"{row.address} would not stay as it is: {differs or row.action.value}")


def _difference(one: AttributeChange) -> str:
    return f"{one.name} is {_short(one.before)}, and would be {_short(one.after)}"


def _short(value: Value) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    shown = " ".join(text.split())
    return f"{shown[:_LONGEST]}…" if len(shown) > _LONGEST else shown or '""'
