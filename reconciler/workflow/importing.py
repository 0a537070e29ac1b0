"""`import`: what stands in the systems as specs. Reads systems only, and proves what it writes by planning it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeAlias

from reconciler.connections import Connections
from reconciler.engine.session import Session, System, wait_for_all
from reconciler.model import Address, Drafted, Importable, Left, Plan, Unseen
from reconciler.provider import ProviderError
from reconciler.state.opening import Place
from reconciler.workflow.proving import Prover
from reconciler.workflow.specs import Prepared
from reconciler.workflow.systems import logged_in
from specs.diagnostic import Diagnostic, error, has_errors, warning
from specs.suggest import hint

OWNER = "@unowned"
"""Who answers for an agent where nothing says it."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is imported."""

    system: str = ""
    """Empty: all of the environment."""
    principals: tuple[tuple[str, str], ...] = ()
    """(system, name or subject). Empty: all."""
    owner: str = OWNER


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of it. ``texts`` are the documents, formatted."""

    environment: str
    documents: tuple[Drafted, ...] = ()
    texts: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """By kind and name."""
    left: tuple[Left, ...] = ()
    unseen: tuple[Unseen, ...] = ()
    declared: int = 0
    """Principals that the specs declare already."""
    plan: Plan | None = None
    """The plan of the specs with the documents: it shows that nobody's access changes."""
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def errored(self) -> bool:
        """Whether nothing is to be written."""
        return has_errors(self.diagnostics)


@dataclass(frozen=True, slots=True)
class _Seen:
    principals: tuple[Importable, ...]
    unseen: tuple[Unseen, ...]
    diagnostics: tuple[Diagnostic, ...]


def import_specs(before: Prepared, connections: Connections, question: Question, place: Place) -> Imported:
    """Read, draft, plan, and leave out whatever the plan would change, until it changes nothing. Raises StateError."""
    if before.compiled is None or has_errors(before.diagnostics):
        return Imported(before.environment, diagnostics=before.diagnostics)
    seen = _read(before, connections, question)
    if has_errors(seen.diagnostics):
        return Imported(before.environment, unseen=seen.unseen, diagnostics=seen.diagnostics)
    chosen, strange = _chosen(seen.principals, question)
    if strange:
        return Imported(before.environment, unseen=seen.unseen, diagnostics=(*seen.diagnostics, *strange))
    fresh = [one for one in chosen if one.address not in before.compiled.desired]
    proof = Prover(before, connections, place, question.owner).proved(fresh)
    return Imported(
        before.environment,
        proof.draft.documents,
        proof.texts,
        proof.draft.left,
        seen.unseen,
        len(chosen) - len(fresh),
        proof.plan,
        (*seen.diagnostics, *proof.diagnostics),
    )


def _read(before: Prepared, connections: Connections, question: Question) -> _Seen:
    systems = before.compiled.systems if before.compiled else {}
    named = [name for name in dict.fromkeys((question.system, *(name for name, _ in question.principals))) if name]
    unknown = [name for name in named if name not in systems]
    if unknown:
        return _Seen((), (), tuple(_no_system(name, tuple(systems)) for name in unknown))
    wanted = {name: systems[name] for name in named} if named else systems
    with logged_in(wanted, connections) as (session, failed):
        found = _look(session)
    principals = tuple(one for items, _ in found for one in items if isinstance(one, Importable))
    unseen = tuple(one for items, _ in found for one in items if isinstance(one, Unseen))
    return _Seen(principals, unseen, (*failed, *(problem for _, problems in found for problem in problems)))


def _no_system(name: str, known: Sequence[str]) -> Diagnostic:
    return error("W651", f"system {name!r} is not declared", subject=name, help=hint(name, known, "declared"))


_Found: TypeAlias = tuple[list[Importable | Unseen], list[Diagnostic]]


def _look(session: Session) -> list[_Found]:
    if not session.systems:
        return []
    pool = ThreadPoolExecutor(len(session.systems), thread_name_prefix="import")
    try:
        looks = [pool.submit(_of_system, system) for system in session.systems.values()]
        wait_for_all(looks)
        return [look.result() for look in looks]
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _of_system(system: System) -> _Found:
    name = system.scope.system
    try:
        found = system.provider.importable(system.client, system.scope)
        if found is not None:
            return list(found), []
    except ProviderError as failed:
        message = f"{name} could not be read: {failed.message}"
        return [], [error("W501", message, subject=name, help=failed.help, span=system.scope.span)]
    message = f"the provider {system.provider.name} can't say in the words of the specs what stands there"
    way_out = "write these specs by hand; writ inventory may show what is there"
    return [], [warning("W661", message, subject=name, help=way_out, span=system.scope.span)]


def _chosen(found: Sequence[Importable], question: Question) -> tuple[list[Importable], tuple[Diagnostic, ...]]:
    if not question.principals:
        return list(found), ()
    chosen: dict[Address, Importable] = {}
    strange: list[Diagnostic] = []
    for system, name in question.principals:
        those = [one for one in found if one.address.system == system and _is(one, name)]
        chosen.update((one.address, one) for one in those)
        if not those:
            known = tuple(one.name for one in found if one.address.system == system)
            advice = hint(name, known, "there")
            strange.append(error("W662", f"{system} has no principal {name!r}", subject=system, help=advice))
    return list(chosen.values()), tuple(strange)


def _is(one: Importable, name: str) -> bool:
    subject = one.vouched.subject if one.vouched else None
    return name in {one.name, one.address.key, subject}
