"""Connections that serve roles by a pattern: an operator's ``*`` is told of, is no entry of ours, and stays."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from providers.vault.allowed_role import patterns_for
from providers.vault.resources import TYPES
from reconciler.model import Address
from reconciler.provider import Conflict, UnknownOutcome, Unreachable, marker_text
from specs.diagnostic import Severity
from tests.providers.vault.test_estate import ORDERS, by_type, pairs
from tests.providers.vault.world import Estate, login, scope

CONFIG = "database/config/orders"
ROLE = "writ-bot_orders.read_orders-db"
ALLOWED = "vault_database_connection_allowed_role"
KIND = TYPES[ALLOWED]


@pytest.fixture(autouse=True)
def _tidy(estate: Estate) -> Iterator[None]:
    yield
    allow(estate, [])


def allow(estate: Estate, roles: list[str]) -> None:
    estate.root.post(CONFIG, {"allowed_roles": roles, "verify_connection": False})


def allowed(estate: Estate) -> list[str]:
    found = estate.root.get(CONFIG)
    assert found is not None
    return found["allowed_roles"]


def entries(estate: Estate) -> dict[Address, Any]:
    found = estate.read(estate.desired).objects
    return {address: live for address, live in found.items() if address.type == ALLOWED}


@pytest.mark.parametrize("roles", [["*"], ["w*"], ["theirs", "wri*db"]])
def test_a_pattern_serves_our_role_and_is_told_of_once(estate: Estate, roles: list[str]) -> None:
    estate.desired = estate.apply(*pairs())
    allow(estate, roles)
    assert estate.root.get(f"database/creds/{ROLE}"), "the server agrees"
    found = estate.read(estate.desired)
    [told] = found.diagnostics
    assert (told.severity, told.code) == (Severity.WARNING, "W429")
    assert ("every role:" in told.message) == (roles == ["*"])
    expected = "theirs," * ("theirs" in roles) + ROLE
    assert told.help == f"name the roles: vault write {CONFIG} allowed_roles='{expected}' verify_connection=false"
    assert entries(estate) == {}, "the pattern is no entry of ours"
    KIND.create(estate.client, by_type(estate.desired, ALLOWED).resource)
    assert allowed(estate) == [*roles, ROLE]
    assert list(entries(estate)) == [by_type(estate.desired, ALLOWED).resource.address]
    estate.destroy(estate.desired)
    assert (allowed(estate), estate.read(estate.desired).objects) == (roles, {})


def test_what_is_made_under_a_pattern_is_named_beside_it(estate: Estate) -> None:
    """So that the operator may take the pattern out, as the warning advises."""
    allow(estate, ["*"])
    estate.desired = estate.apply(*pairs())
    assert allowed(estate) == ["*", ROLE]
    assert [one.code for one in estate.read(estate.desired).diagnostics] == ["W429"]
    allow(estate, [ROLE])
    assert estate.drift(estate.desired) == {}


@pytest.mark.parametrize("rogue", ["writ-*", "writ-bot*"])
def test_a_pattern_with_our_prefix_is_undeclared_and_serves_nothing(estate: Estate, rogue: str) -> None:
    estate.desired = estate.apply(*pairs())
    allow(estate, [rogue])
    key = f"database/orders/{ROLE}"
    assert estate.drift(estate.desired) == {
        f"{ALLOWED}/database/orders/{rogue}": "undeclared",
        f"{ALLOWED}/{key}": "missing",
    }
    [live] = entries(estate).values()
    KIND.create(estate.client, by_type(estate.desired, ALLOWED).resource)
    KIND.delete(estate.client, live)
    assert allowed(estate) == [ROLE]


@pytest.mark.parametrize("pattern", ["*", "**", "w*", "*t", "w*t", "writ*"])
def test_patterns_that_serve(pattern: str, estate: Estate) -> None:
    assert patterns_for(estate.client, "database", "writ", [pattern]) == [pattern]


@pytest.mark.parametrize("pattern", ["writ", "*x*", "?rit*", "[w]rit*", "w.i*", "rit*"])
def test_patterns_that_do_not(pattern: str, estate: Estate) -> None:
    assert patterns_for(estate.client, "database", "writ", [pattern]) == []


def test_another_environments_entries_are_not_ours(estate: Estate) -> None:
    estate.desired = estate.apply(*pairs())
    ours, theirs = marker_text(scope()), "managed by writ; environment=staging; system=vault"
    statements = [text.replace(ours, theirs) for text in login(ORDERS).create]
    estate.root.post("database/roles/writ-theirs", {"db_name": "orders", "creation_statements": statements})
    allow(estate, [ROLE, "writ-theirs"])
    assert {address.key for address in entries(estate)} == {f"database/orders/{ROLE}"}


def test_a_lost_reply_to_a_removal_is_no_removal(estate: Estate, monkeypatch: pytest.MonkeyPatch) -> None:
    estate.desired = estate.apply(*pairs())
    [live] = entries(estate).values()

    def lost(path: str, body: object) -> None:
        raise UnknownOutcome("broke off")

    monkeypatch.setattr(estate.client, "post", lost)
    with pytest.raises(Unreachable, match="broke off"):
        KIND.delete(estate.client, live)


def test_a_writer_who_always_has_the_last_word_is_told_of(estate: Estate, monkeypatch: pytest.MonkeyPatch) -> None:
    estate.desired = estate.apply(*pairs())
    [live] = entries(estate).values()
    write = estate.client.post

    def contested(path: str, body: dict[str, Any]) -> Any:
        done = write(path, body)
        allow(estate, [ROLE])
        return done

    monkeypatch.setattr(estate.client, "post", contested)
    with pytest.raises(Conflict, match="somebody else writes"):
        KIND.delete(estate.client, live)
