"""What replaces a principal: there as declared, down to what it stands on, and proved as it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from reconciler.engine.succession import path_digest, successors
from reconciler.model import (
    Action,
    Address,
    Applied,
    Cause,
    Change,
    Desired,
    Origin,
    Proof,
    Resource,
    Retired,
    State,
)
from reconciler.provider import Retirement, Retiring
from specs.retirement import Replacement

AT = Address("db", "login", "svc")
WANTED = Retirement("svc", AT, Retiring("svc"), (Replacement("bot", "read"),), 14 * 86400, 86400, None)
PROOF = Proof("bot", "read", datetime(2026, 11, 30, tzinfo=UTC), "me", "d1", "logged in")
ROLE = Address("vault", "role", "bot_read")
DESIRED = {ROLE: Desired(Resource(ROLE, {"ttl": 600}), Origin("x", "bot", "read"))}


READ = {"vault"}


def state(digest: str, native_id: str = "") -> State:
    record = Retired("svc", AT, proofs=(replace(PROOF, digest=digest),))
    applied = Applied(DESIRED[ROLE].resource, DESIRED[ROLE].origin, native_id=native_id)
    return State("test", "L", 1, {ROLE: applied}, {}, retirements={"svc": record})


def test_a_changed_path_loses_its_proof() -> None:
    digest = path_digest("bot", "read", DESIRED, state(""))
    (one,) = successors(WANTED, DESIRED, (), state(digest), read=READ)
    assert (one.ready, one.proof is not None) == (True, True)
    wider = {ROLE: replace(DESIRED[ROLE], resource=Resource(ROLE, {"ttl": 900}))}
    assert successors(WANTED, wider, (), state(digest), read=READ)[0].proof is None
    assert successors(WANTED, DESIRED, (), state(digest, "made anew"), read=READ)[0].proof is None
    assert not successors(WANTED, {}, (), state(digest), read=READ)[0].ready


@pytest.mark.parametrize(("origin", "ready"), [(("bot", "read"), False), (("bot", ""), False), (("bot", "x"), True)])
def test_a_path_that_is_still_to_be_changed_is_not_ready(origin: tuple[str, str], ready: bool) -> None:
    at = ROLE._replace(key="another")
    change = Change(at, Action.CREATE, Cause.SPEC, None, Resource(at, {}), origin=Origin("x", *origin))
    assert successors(WANTED, DESIRED, [change], state(""), read=READ)[0].ready is ready


MOUNT, ALIAS = Address("vault", "mount", "jwt"), Address("vault", "alias", "shared")
ON = {
    ROLE: replace(DESIRED[ROLE], depends_on=(ALIAS,)),
    ALIAS: Desired(Resource(ALIAS, {}), Origin("x"), (MOUNT, Address("vault", "mount", "somebody's"))),
    MOUNT: Desired(Resource(MOUNT, {"issuer": "https://one"}), Origin("x")),
}


def test_what_the_path_stands_on_is_part_of_it() -> None:
    """An auth mount is everybody's: whose issuer it takes decides who gets in."""
    digest = path_digest("bot", "read", ON, state(""))
    assert successors(WANTED, ON, (), state(digest), read=READ)[0].proof is not None
    other = {**ON, MOUNT: replace(ON[MOUNT], resource=Resource(MOUNT, {"issuer": "https://two"}))}
    assert successors(WANTED, other, (), state(digest), read=READ)[0].proof is None
    change = Change(MOUNT, Action.UPDATE, Cause.SPEC, None, ON[MOUNT].resource, origin=Origin("x"))
    assert not successors(WANTED, ON, [change], state(digest), read=READ)[0].ready


def test_what_others_have_is_no_part_of_it() -> None:
    digest = path_digest("bot", "read", DESIRED, state(""))
    at = ROLE._replace(key="another")
    for whose in (("bot", "write"), ("other", "read"), ("other", "")):
        more = {**DESIRED, at: Desired(Resource(at, {}), Origin("x", *whose))}
        assert path_digest("bot", "read", more, state("")) == digest, whose
    for order in ({"a": 1, "b": 2}, {"b": 2, "a": 1}):
        alike = {ROLE: replace(DESIRED[ROLE], resource=Resource(ROLE, order))}
        assert path_digest("bot", "read", alike, state("")) == path_digest(
            "bot", "read", {ROLE: replace(DESIRED[ROLE], resource=Resource(ROLE, {"a": 1, "b": 2}))}, state("")
        )


def test_a_path_that_cant_be_read_isnt_there() -> None:
    """With -target a system may be out of reach, and the rest of the plan goes on."""
    digest = path_digest("bot", "read", DESIRED, state(""))
    assert not successors(WANTED, DESIRED, (), state(digest), read={"db"})[0].ready


def test_a_proof_of_what_replaces_another_principal_is_none() -> None:
    now = state(path_digest("bot", "read", DESIRED, state("")))
    moved = replace(WANTED, address=AT._replace(system="other"))
    assert successors(moved, DESIRED, (), now, read=READ)[0].proof is None
