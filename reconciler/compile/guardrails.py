"""Guardrails' ``never``: requests that no agent may reach, decided on what all its objects come to.

What can't be excluded counts as reached.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from reconciler.compile.blocks import AccessBlocks
from reconciler.compile.places import alike
from reconciler.compile.systems import SystemBinding
from reconciler.model import Address, Desired, Reach, Resource, Witness
from reconciler.provider import Implied, Pair
from specs import Catalog, Guardrail, Located, decode
from specs.check.guardrails import graded
from specs.diagnostic import Diagnostic, error
from specs.grants import holdings
from specs.selection import is_exempt, selected
from specs.source import SourceSpan


@dataclass(frozen=True, slots=True)
class Never:
    """One item of a guardrail's ``never``."""

    guardrail: Located[Guardrail]
    system: str
    block: Located[Any]
    agents: frozenset[str]
    """Whom it is about."""
    everybody: bool
    named: str = ""
    """The system that it names, where it holds for this one because both may be one."""

    @property
    def name(self) -> str:
        """The guardrail's name."""
        return self.guardrail.value.metadata.name

    @property
    def why_here(self) -> str:
        """For people: why it holds for a system that it doesn't name."""
        return f"{self.system} may be {self.named}" if self.named else ""

    def holds_for(self, agent: str, intent: str, today: date) -> bool:
        """Whether it is about an agent that holds an intent. An agent that isn't known may be any."""
        if agent and agent not in self.agents and not self.everybody:
            return False
        return not is_exempt(self.guardrail.value, "never", agent, (intent,), today)


@dataclass(frozen=True, slots=True)
class Judged:
    """What the guardrails judge: all that the specs come to in one environment."""

    systems: Mapping[str, SystemBinding]
    blocks: AccessBlocks
    pairs: tuple[Pair, ...]
    desired: Mapping[Address, Desired]
    implied: Mapping[str, tuple[Implied, ...]]
    """By system: what lowering adds to what is declared."""


@dataclass(frozen=True, slots=True)
class Nevers:
    """The guardrails' ``never`` of one environment, decoded."""

    written: tuple[Never, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    today: date = date.min
    alike: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Each system's name → those that may be it under another name, and so have its ``never``."""

    @property
    def items(self) -> Iterator[Never]:
        """Each for every system that it holds for, the one that it names first."""
        for never in self.written:
            yield never
            for system in sorted(self.alike.get(never.system, frozenset[str]()) - {never.system}):
                yield replace(never, system=system, named=never.system)

    def judge(self, judged: Judged) -> Iterator[Diagnostic]:
        """One finding for each intent and ``never`` that its holders reach."""
        if not self.written:
            return
        objects: dict[str, dict[Address, Resource]] = {}
        for address, wanted in judged.desired.items():
            objects.setdefault(address.system, {})[address] = wanted.resource
        for never in self.items:
            found = _Found()
            reaches = self.reached(never, judged.systems[never.system], objects.get(never.system, {}), None)
            for reach in reaches or ():
                origin = judged.desired[reach.subject].origin
                if never.holds_for(origin.agent, origin.intent, self.today):
                    found.add(origin.agent, origin.intent, reach.witness)
            # Where objects can't tell, or there are none because something else is wrong, what is declared decides.
            known = set() if reaches is None else {(d.origin.agent, d.origin.intent) for d in _of(never, judged)}
            self._declared(never, judged, known, found)
            for intent, holders in found.by_intent.items():
                yield graded(never.guardrail.value, _forbidden(never, judged, intent, holders))

    @staticmethod
    def reached(
        never: Never, binding: SystemBinding, objects: Mapping[Address, Resource], surroundings: object
    ) -> list[Reach] | None:
        """Principals among the objects that reach it; None where the provider can't tell from objects."""
        found = binding.provider.reaches(binding.scope, objects, never.block.value, surroundings)
        return None if found is None else list(found)

    def _declared(self, never: Never, judged: Judged, known: Collection[tuple[str, str]], found: _Found) -> None:
        overlap = judged.systems[never.system].provider.overlap
        for pair in judged.pairs:
            agent, intent = pair.agent.name, pair.intent.name
            blocks = judged.blocks.get((intent, never.system), ())
            if (agent, intent) in known or not blocks or not never.holds_for(agent, intent, self.today):
                continue
            texts = (overlap(block.value, never.block.value) for block in blocks)
            text = next((one for one in texts if one is not None), None)
            if text is not None:
                found.add(agent, intent, Witness(text))
        for one in judged.implied.get(never.system, ()):
            agent, intent = one.pair.agent.name, one.pair.intent.name
            if (agent, intent) not in known and never.holds_for(agent, intent, self.today):
                text = overlap(one.access, never.block.value)
                if text is not None:
                    found.add(agent, intent, Witness(text))


@dataclass(slots=True)
class _Found:
    """Who reaches it by which intent, with a request of each."""

    by_intent: dict[str, dict[str, Witness]] = field(default_factory=dict)

    def add(self, agent: str, intent: str, witness: Witness) -> None:
        self.by_intent.setdefault(intent, {}).setdefault(agent, witness)


def _of(never: Never, judged: Judged) -> Iterator[Desired]:
    return (wanted for address, wanted in judged.desired.items() if address.system == never.system)


def _forbidden(never: Never, judged: Judged, intent: str, holders: Mapping[str, Witness]) -> Diagnostic:
    agent, witness = next(iter(holders.items()))
    subject, span, why = _place(never, judged, agent, intent)
    who = agent if len(holders) == 1 else f"{agent} and {len(holders) - 1} more"
    return error(
        "W310",
        f"guardrail {never.name} forbids this: {told(witness, who, why, never.why_here)}",
        subject=subject,
        help=f"narrow the access, or change the guardrail at {never.block.span()}",
        span=span,
    )


def told(witness: Witness, *more: str) -> str:
    """A request, and in brackets whose it is and on what it hangs."""
    unsure = "" if witness.certain else "not excluded"
    notes = "; ".join(note for note in (*more, unsure, witness.note) if note)
    return f"{witness.request} ({notes})" if notes else witness.request


def _place(never: Never, judged: Judged, agent: str, intent: str) -> tuple[str, SourceSpan | None, str]:
    """Subject and position of the access block that does it, as far as one does; else of what asks for more."""
    overlap = judged.systems[never.system].provider.overlap
    for block in judged.blocks.get((intent, never.system), ()):
        if overlap(block.value, never.block.value) is not None:
            return f"intents.{intent}.spec.access[{block.path[-1]}]", block.span(), ""
    for one in judged.implied.get(never.system, ()):
        theirs = (one.pair.agent.name, one.pair.intent.name) == (agent, intent)
        if theirs and overlap(one.access, never.block.value) is not None:
            return f"intents.{intent}", one.pair.intent.span, f"for {one.why}"
    given = next((pair for pair in judged.pairs if (pair.agent.name, pair.intent.name) == (agent, intent)), None)
    return f"intents.{intent}", given.span if given else None, ""


def decode_nevers(catalog: Catalog, systems: Mapping[str, SystemBinding], today: date) -> Nevers:
    """All of them. A system that isn't bound was reported elsewhere."""
    nevers: list[Never] = []
    diagnostics: list[Diagnostic] = []
    held = holdings(catalog) if _any(catalog.guardrails.values()) else {}
    for guardrail in catalog.guardrails.values():
        spec = guardrail.value.spec
        agents = selected(spec.agents, catalog, held) if spec.never else frozenset[str]()
        for index, never in enumerate(spec.never):
            binding = systems.get(never.system)
            if binding is None:
                continue
            raw = Located(dict(never.block), guardrail.locator, ("spec", "never", index))
            decoded, found = decode(binding.provider.never_model, raw)
            diagnostics += found
            if decoded is not None:
                block = Located(decoded, raw.locator, raw.path)
                nevers.append(Never(guardrail, never.system, block, agents, spec.agents.everybody))
    return Nevers(tuple(nevers), tuple(diagnostics), today, alike(systems))


def _any(guardrails: Iterable[Located[Guardrail]]) -> bool:
    """Whether any of them is about some agents only, with those they pass intents on to."""
    return any(one.value.spec.never and one.value.spec.agents.delegates for one in guardrails)
