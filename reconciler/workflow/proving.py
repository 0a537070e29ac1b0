"""Drafting specs and planning them, until the plan changes nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from reconciler.connections import Connections
from reconciler.engine.importing.drafting import Draft, draft
from reconciler.engine.importing.ground import Ground, Sound
from reconciler.engine.importing.proving import Blame, blamed
from reconciler.model import Address, Importable, Lacking, Plan
from reconciler.state.opening import Place
from reconciler.workflow.planning import Options, plan_of
from reconciler.workflow.situation import situation
from reconciler.workflow.specs import Prepared, prepared
from specs import Loaded
from specs.diagnostic import Diagnostic, Severity
from specs.fmt import Refused
from specs.loader import load_bytes
from specs.specset import checked
from specs.writing import document_text

_OUT_OF_REACH = frozenset({"W501", "W702"})
Texts = Mapping[tuple[str, str], str]
"""Documents, formatted, by kind and name."""


@dataclass(frozen=True, slots=True)
class Proof:
    """The specs of the last round, and the plan of them."""

    draft: Draft
    texts: Texts
    plan: Plan | None
    diagnostics: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True, slots=True)
class Prover:
    """One import's rounds."""

    before: Prepared
    connections: Connections
    place: Place
    owner: str

    def proved(self, principals: Sequence[Importable]) -> Proof:
        """Each round leaves out at least one principal, or what the specs can't say of one, so it ends.

        First it is no agent's any more, then nothing is written of its access. Raises StateError.
        """
        ground = self._ground()
        refused: dict[Address, Lacking] = {}
        unsayable: dict[Address, Lacking] = {}
        while True:
            made = draft(principals, ground, {**unsayable, **refused}, unsayable, self.owner)
            texts, blames = _written(made)
            plan: Plan | None = None
            problems: tuple[Diagnostic, ...] = ()
            if not blames:
                plan, problems, blames = self._planned(made, texts)
            if not self._noted(blames, refused, unsayable):
                stuck = tuple(one for one in plan.diagnostics if one.severity is Severity.ERROR) if plan else ()
                asked = {one.address.system for one in principals}
                return Proof(made, texts, plan, tuple(_concerning(stuck if blames else problems, asked)))

    @staticmethod
    def _noted(blames: Sequence[Blame], refused: dict[Address, Lacking], unsayable: dict[Address, Lacking]) -> bool:
        """Whether anything is new."""
        again = {one.address: one.why for one in reversed(blames) if one.address in refused}
        first = {one.address: one.why for one in reversed(blames) if one.address not in refused}
        refused |= first
        more = {address: why for address, why in again.items() if address not in unsayable}
        unsayable |= more
        return bool(first or more)

    def _ground(self) -> Ground:
        name, compiled = self.before.environment, self.before.compiled
        documents = self.before.specs.documents
        data = next(one.data for one in documents if (one.kind, one.name) == ("Environment", name))
        systems = compiled.systems if compiled else {}
        return Ground(
            data,
            self.before.specs.catalog,
            lambda system, settings, issuer, place: systems[system].provider.accepting(settings, issuer, place),
            self._sound({}),
        )

    def _sound(self, known: dict[str, Lacking | None]) -> Sound:
        """Looks at an Environment as it would be written, without its agents; at each text once."""

        def sound(data: Mapping[str, Any]) -> Lacking | None:
            try:
                text = document_text(data)
            except Refused as refused:
                return _unwritten("its issuer", refused)
            if text not in known:
                loaded = load_bytes(text.encode(), f"Environment/{self.before.environment}")
                specs = checked(Loaded(loaded.documents, (), self.before.specs.sources))
                found = prepared(specs, self.before.environment, self.connections)
                wrong = next((one for one in found.diagnostics if one.severity is Severity.ERROR), None)
                known[text] = Lacking(f"a spec can't hold its issuer: {wrong.message}", wrong.help) if wrong else None
            return known[text]

        return sound

    def _planned(self, made: Draft, texts: Texts) -> tuple[Plan, tuple[Diagnostic, ...], list[Blame]]:
        with situation(self._with(texts), self.connections, self.place) as now:
            plan = plan_of(now, Options())
            blames, rest = blamed(plan, now.desired, made)
        return plan, tuple(rest), blames

    def _with(self, texts: Texts) -> Prepared:
        """The specs with the documents; an Environment takes the place of its old one."""
        loaded = [load_bytes(text.encode(), f"{kind}/{name}") for (kind, name), text in texts.items()]
        new = [document for one in loaded for document in one.documents]
        replaced = {(one.kind, one.name) for one in new if one.kind == "Environment"}
        kept = [one for one in self.before.specs.documents if (one.kind, one.name) not in replaced]
        specs = checked(Loaded((*kept, *new), (), self.before.specs.sources))
        return prepared(specs, self.before.environment, self.connections)


def _concerning(problems: Iterable[Diagnostic], asked: Collection[str]) -> Iterator[Diagnostic]:
    """That a system can't be reached of which nothing was imported is no error."""
    for one in problems:
        elsewhere = one.code in _OUT_OF_REACH and one.subject not in asked
        yield replace(one, severity=Severity.WARNING) if elsewhere else one


def _written(made: Draft) -> tuple[Texts, list[Blame]]:
    """The documents as text; what no spec may hold is told of its principals."""
    texts: dict[tuple[str, str], str] = {}
    blames: list[Blame] = []
    for one in made.documents:
        try:
            texts[one.kind, one.name] = document_text(one.data)
        except Refused as refused:
            blames += [Blame(address, _unwritten("it", refused)) for address in one.of]
    return texts, blames


def _unwritten(what: str, refused: Refused) -> Lacking:
    first = refused.diagnostics[0]
    return Lacking(f"a spec can't hold {what}: {first.message}", first.help)
