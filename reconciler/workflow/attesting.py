"""Proving what replaces a principal: a real login for each pair, with secrets in files of the operator's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from reconciler.compile import SystemBinding
from reconciler.compile.issuers import bind_issuers
from reconciler.connections import Connections
from reconciler.engine.quarantine import of_another
from reconciler.engine.succession import path_digest, successors
from reconciler.model import Proof, Retired, State
from reconciler.provider import Pair, ProviderError, Retirement
from reconciler.state.lock import locked
from reconciler.state.lockinfo import whoami
from reconciler.state.opening import open_store
from reconciler.state.store import Store
from reconciler.workflow.keeping import Desk
from reconciler.workflow.planning import planned_changes
from reconciler.workflow.situation import Situation, situation
from reconciler.workflow.specs import Prepared
from reconciler.workflow.state_edits import tell
from reconciler.workflow.tokens import Token, read_passwords, read_tokens
from specs.diagnostic import Diagnostic, error, has_errors
from specs.suggest import hint


@dataclass(frozen=True, slots=True)
class Secrets:
    """What agents log in with."""

    tokens: Sequence[Token] = ()
    passwords: Mapping[str, str] = field(default_factory=dict, repr=False)
    """By agent."""


@dataclass(frozen=True, slots=True)
class Files:
    """Where it stands."""

    tokens: Sequence[Path] = ()
    passwords: Mapping[str, Path] = field(default_factory=dict)
    """By agent."""


@dataclass(frozen=True, slots=True)
class Proved:
    """What came of it."""

    proofs: tuple[Proof, ...]
    diagnostics: tuple[Diagnostic, ...]


def prove(prepared: Prepared, connections: Connections, desk: Desk, name: str, files: Files) -> Proved:
    """Log in through each pair that replaces a principal, and record that. Raises StateError.

    Nothing is recorded unless all of them could be logged in through.
    """
    wanted, problems = _wanted(prepared, name)
    tokens, more = read_tokens(files.tokens)
    passwords, few = read_passwords(files.passwords)
    more += few
    if wanted is None or more:
        return Proved((), (*prepared.diagnostics, *problems, *more))
    environment = prepared.environment
    with (
        open_store(desk.place, patience=desk.lock_timeout) as store,
        locked(store, environment, "retire", timeout=desk.lock_timeout, notice=desk.notice) as mine,
        situation(prepared, connections, desk.place) as now,
    ):
        if has_errors(now.diagnostics):
            return Proved((), now.diagnostics)
        if another := of_another(now.state.retirements.get(name), wanted.address):
            way_out = "docs/retirement.md says how one principal follows another"
            message, subject = f"nothing was proved: {another}", f"retirements.{name}"
            refused = error("W656", message, subject=subject, span=wanted.span, help=way_out)
            return Proved((), (*now.diagnostics, refused))
        proofs, found = _proofs(now, connections, wanted, Secrets(tokens, passwords))
        if not found:
            _record(store, mine.id, now.state, wanted, proofs)
        return Proved(() if found else proofs, (*now.diagnostics, *found))


def _wanted(prepared: Prepared, name: str) -> tuple[Retirement | None, tuple[Diagnostic, ...]]:
    if prepared.compiled is None or has_errors(prepared.diagnostics):
        return None, ()
    known = {one.name: one for one in prepared.compiled.retirements}
    if name in known:
        return known[name], ()
    way_out = hint(name, tuple(known), "declared") or "declare it: docs/retirement.md"
    return None, (error("W656", f"retirement {name!r} is not declared", subject=name, help=way_out),)


def _proofs(
    now: Situation, connections: Connections, wanted: Retirement, secrets: Secrets
) -> tuple[tuple[Proof, ...], tuple[Diagnostic, ...]]:
    proofs: list[Proof] = []
    problems: list[Diagnostic] = []
    pairs = {(pair.agent.name, pair.intent.name): pair for pair in _pairs(now)}
    for one in successors(wanted, now.desired, planned_changes(now), now.state, read=now.refreshed.snapshots):
        subject = f"{one.agent}/{one.intent}"
        if not one.ready:
            message = f"{subject} isn't there as declared, so there is nothing to log in through"
            problems.append(error("W658", message, subject=subject, help="apply first", span=wanted.span))
            continue
        try:
            how = _log_in(now, connections, wanted, pairs[one.agent, one.intent], secrets)
        except _NoToken as lacking:
            problems.append(error("W657", str(lacking), subject=subject, help=lacking.way_out, span=wanted.span))
        except ProviderError as failed:
            message = f"{subject} could not be logged in through: {failed.message}"
            problems.append(error("W658", message, subject=subject, help=failed.help, span=wanted.span))
        else:
            digest = path_digest(one.agent, one.intent, now.desired, now.state)
            proofs.append(Proof(one.agent, one.intent, datetime.now(UTC), whoami(), digest, how))
    return tuple(proofs), tuple(problems)


def _pairs(now: Situation) -> Iterable[Pair]:
    return now.prepared.compiled.pairs if now.prepared.compiled is not None else ()


def _log_in(now: Situation, connections: Connections, wanted: Retirement, pair: Pair, secrets: Secrets) -> str:
    """As the agent does: at the system that mints logins for this one, where there is such a system."""
    system = now.systems[wanted.address.system]
    target = system.login_target
    door = now.systems[target.system] if target is not None else system
    by_password = door.provider.by_password
    secret = _password_for(door, pair, secrets) if by_password else _token_for(now, door, pair, secrets.tokens).text
    with door.provider.present(door.scope, _block(connections, door), connections.environ, pair, secret) as agent:
        if target is None:
            return f"logged in at {door.name} ({agent.told})"
        minted = agent.mint(pair, system.name)
        seen = system.provider.enter(system.scope, _block(connections, system), connections.environ, pair, minted)
        return f"logged in at {door.name} ({agent.told}), which made a login; {seen}"


def _block(connections: Connections, binding: SystemBinding) -> Any:
    block, _ = connections.decode(binding)
    return block


class _NoToken(Exception):  # noqa: N818
    """No file holds the token, or the password, that a login needs."""

    def __init__(self, message: str, way_out: str) -> None:
        super().__init__(message)
        self.way_out = way_out


def _token_for(now: Situation, door: SystemBinding, pair: Pair, tokens: Sequence[Token]) -> Token:
    environment = now.prepared.specs.catalog.environments[now.environment]
    issuers = {issuer.name: issuer for issuer in bind_issuers(environment, door, {})}
    issuer = issuers[pair.agent.issuer]
    for token in tokens:
        if (token.issuer, token.subject) == (issuer.url, pair.agent.subject) and issuer.audience in token.audiences:
            return token
    raise _NoToken(
        f"no file holds a token of {pair.agent.name} for {door.name}",
        f"-token FILE with one of issuer {issuer.url}, subject {pair.agent.subject}, audience {issuer.audience}",
    )


def _password_for(door: SystemBinding, pair: Pair, secrets: Secrets) -> str:
    found = secrets.passwords.get(pair.agent.name)
    if found is None:
        message = f"no file is named for the password of {pair.agent.name}'s account in {door.name}"
        raise _NoToken(message, f"-password {pair.agent.name}=FILE")
    return found


def _record(store: Store, lock: str, state: State, wanted: Retirement, proofs: Sequence[Proof]) -> None:
    fresh = Retired(wanted.name, wanted.address)
    known = state.retirements.get(wanted.name, fresh)
    known = known if known.address == wanted.address else fresh
    news = {(one.agent, one.intent) for one in proofs}
    kept = tuple(one for one in known.proofs if (one.agent, one.intent) not in news)
    record = replace(known, proofs=(*kept, *proofs))
    new = replace(state, retirements={**state.retirements, wanted.name: record})
    tell(store, lock, "retire -prove", state, new)
    store.retire(state.environment, record, lock=lock)
