"""Logging in to the systems of a run."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TypeAlias

from reconciler.compile import SystemBinding
from reconciler.compile.systems import bind_recorded, with_login_targets
from reconciler.connections import VARIABLE, Connections
from reconciler.engine.session import PATIENCE, Marks, Session, System, wait_for_all
from reconciler.model import PLACE, Address, Snapshot, State, SystemRecord
from reconciler.provider import ProviderError
from specs.diagnostic import Diagnostic, error, has_errors, warning

log = logging.getLogger("writ")

_NO_FILE = f"no connections file was named (-connections FILE, or {VARIABLE}): the tools' own variables were taken"
_Login: TypeAlias = System | tuple[Diagnostic, ...]
"""What became of a login."""


def with_recorded(
    systems: Mapping[str, SystemBinding], state: State
) -> tuple[dict[str, SystemBinding], tuple[Diagnostic, ...]]:
    """Systems that left the specs but still have objects of ours are bound as they were last applied."""
    bound = dict(systems)
    diagnostics: list[Diagnostic] = []
    left = {address.system for address in state.objects} - systems.keys()
    for name in sorted(left & state.systems.keys()):
        binding, found = bind_recorded(state.environment, state.systems[name])
        diagnostics += found
        if binding is not None:
            bound[name] = binding
    diagnostics += _lost(state, left - state.systems.keys())
    bound = with_login_targets(bound)
    for name in sorted(systems.keys() & state.systems.keys() & {address.system for address in state.objects}):
        diagnostics += _moved(systems[name], state)
    return bound, tuple(diagnostics)


def _lost(state: State, names: Iterable[str]) -> Iterator[Diagnostic]:
    """Systems of which nothing but the name is known: their objects can't be looked at, and have no rows."""
    for name in sorted(names):
        count = sum(1 for address in state.objects if address.system == name)
        objects = "1 object is" if count == 1 else f"{count} objects are"
        yield warning(
            "W515",
            f"{objects} recorded in {name}, which no spec declares, and the state doesn't know where it is",
            subject=name,
            help=f"declare a system {name} again and apply, or destroy: what is gone is then forgotten",
        )


def _moved(binding: SystemBinding, state: State) -> Iterator[Diagnostic]:
    """A system that means another place now would leave what was made in the old one without a record."""
    record = state.systems[binding.name]
    was, _ = bind_recorded(state.environment, record)
    old = f"{record.provider} {was.provider.place(was.scope.settings) if was else ''}".strip()
    new = f"{binding.record.provider} {binding.provider.place(binding.scope.settings)}".strip()
    if old != new:
        count = sum(1 for address in state.objects if address.system == binding.name)
        yield error(
            "W508",
            f"{binding.name} was {old} and is now {new}, but {count} objects are recorded in the old one",
            subject=binding.name,
            help="put the old one back and destroy first, or give the new one another name",
            span=binding.scope.span,
        )


def from_records(
    environment: str, records: Iterable[SystemRecord]
) -> tuple[dict[str, SystemBinding], tuple[Diagnostic, ...]]:
    """The systems of a saved plan."""
    bound: dict[str, SystemBinding] = {}
    diagnostics: list[Diagnostic] = []
    for record in records:
        binding, found = bind_recorded(environment, record)
        diagnostics += found
        if binding is not None:
            bound[record.name] = binding
    return with_login_targets(bound), tuple(diagnostics)


def known_types(
    systems: Mapping[str, SystemBinding], addresses: Iterable[Address]
) -> tuple[frozenset[Address], tuple[Diagnostic, ...]]:
    """The addresses whose type their provider has. A newer version may have recorded, or planned, others."""
    every = list(addresses)
    types = {name: binding.provider.types.keys() for name, binding in systems.items()}
    known = frozenset(a for a in every if a.system not in types or a.type in types[a.system])
    unknown = sorted(set(every) - known)
    return known, tuple(_unknown_type(address) for address in unknown)


def _unknown_type(address: Address) -> Diagnostic:
    message = f"{address} is of a type that this version doesn't know"
    return error("W509", message, subject=str(address), help="upgrade writ-iam")


def placed(record: SystemRecord, facts: Mapping[str, Mapping[str, str]], known: str = "") -> SystemRecord:
    """With the place where it is now; where it wasn't read, where it was known to be."""
    return replace(record, place=facts.get(record.name, {}).get(PLACE, "") or known)


def watched(record: SystemRecord, snapshots: Mapping[str, Snapshot], known: SystemRecord | None = None) -> SystemRecord:
    """With what is observed there now; where it wasn't read, with what was known of it."""
    found = snapshots.get(record.name)
    return replace(record, observed=found.observed if found else known.observed if known else None)


def marks_of(systems: Mapping[str, SystemBinding]) -> Marks:
    """Every attribute's marks, by system and resource type."""
    return {
        name: {kind.name: kind.attributes for kind in binding.provider.types.values()}
        for name, binding in systems.items()
    }


def log_in(systems: Mapping[str, SystemBinding], connections: Connections) -> tuple[Session, tuple[Diagnostic, ...]]:
    """Connect everywhere at once. A system that can't be reached is an error, and not in the session."""
    if not systems:
        return Session({}), ()
    for binding in systems.values():
        binding.provider.load()
    pool = ThreadPoolExecutor(len(systems), thread_name_prefix="login")
    logins = {name: pool.submit(_connect, binding, connections) for name, binding in systems.items()}
    try:
        wait_for_all(logins.values())
        results = {name: login.result() for name, login in logins.items()}
    except BaseException:
        Session(_opened(dict(_so_far(logins)))).close(PATIENCE)
        raise
    finally:
        # Whoever interrupts doesn't wait for a system that doesn't answer.
        pool.shutdown(wait=False, cancel_futures=True)
    diagnostics = tuple(d for found in results.values() if isinstance(found, tuple) for d in found)
    return Session(_opened(results)), diagnostics


@contextmanager
def logged_in(
    systems: Mapping[str, SystemBinding], connections: Connections
) -> Iterator[tuple[Session, tuple[Diagnostic, ...]]]:
    """log_in, and log out at the end; in a hurry where it ends with an exception."""
    session, failed = log_in(systems, connections)
    try:
        yield session, failed
    except BaseException:
        session.close(PATIENCE)
        raise
    session.close()


def _opened(results: Mapping[str, _Login]) -> dict[str, System]:
    return {name: found for name, found in results.items() if isinstance(found, System)}


def _so_far(logins: Mapping[str, Future[_Login]]) -> Iterator[tuple[str, _Login]]:
    for name, login in logins.items():
        with suppress(Exception):  # failed, or not done yet
            yield name, login.result(timeout=0)


def _connect(binding: SystemBinding, connections: Connections) -> _Login:
    block, diagnostics = connections.decode(binding)
    if has_errors(diagnostics):
        return diagnostics
    try:
        client = binding.provider.connect(binding.scope, block, connections.environ)
    except ProviderError as failed:
        return (
            error(
                "W702",
                f"{binding.name} can't be used: {failed.message}",
                subject=binding.name,
                help=failed.help if connections.file else "; ".join(filter(None, (failed.help, _NO_FILE))),
                span=binding.scope.span,
            ),
        )
    log.info("%s: logged in", binding.name)
    return System(binding.provider, binding.scope, client)
