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
    Value,
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


def test_a_path_that_cant_be_read_isnt_there() -> None:
    """With -target a system may be out of reach, and the rest of the plan goes on."""
    digest = path_digest("bot", "read", DESIRED, state(""))
    assert not successors(WANTED, DESIRED, (), state(digest), read={"db"})[0].ready


def test_a_proof_of_what_replaces_another_principal_is_none() -> None:
    now = state(path_digest("bot", "read", DESIRED, state("")))
    moved = replace(WANTED, address=AT._replace(system="other"))
    assert successors(moved, DESIRED, (), now, read=READ)[0].proof is None


HERS, ELSE, ENTITY = (Address("vault", "role", name) for name in ("eve_read", "bot_write", "bot"))


def digest_with(*more: tuple[Address, str, str], size: int = 1) -> str:
    desired = dict(DESIRED)
    for address, agent, intent in more:
        desired[address] = Desired(Resource(address, {"size": size}), Origin("x", agent, intent))
    return path_digest("bot", "read", desired, state(""))


def test_a_proof_is_of_the_pairs_objects_and_of_the_agents_own() -> None:
    alone = digest_with()
    assert digest_with((HERS, "eve", "read"), (ELSE, "bot", "write"), (AT, "", "")) == alone
    assert digest_with((HERS, "eve", "")) == alone
    assert digest_with((ENTITY, "bot", "")) not in {alone, digest_with((ENTITY, "bot", ""), size=2)}
    assert path_digest("bot", "write", DESIRED, state("")) == "", "nothing of this intent is wanted"
    entity = {ENTITY: Desired(Resource(ENTITY, {}), Origin("x", "bot", ""))}
    assert path_digest("bot", "read", entity, state("")) == "", "what all intents of the agent share isn't a path"


def test_a_proof_is_of_what_objects_say_in_whatever_order() -> None:
    def digest(attributes: dict[str, Value]) -> str:
        desired = {ROLE: replace(DESIRED[ROLE], resource=Resource(ROLE, attributes))}
        return path_digest("bot", "read", desired, state(""))

    assert digest({"ttl": 600, "claims": {"a": "1", "b": "2"}}) == digest({"claims": {"b": "2", "a": "1"}, "ttl": 600})
    assert digest({"name": "\ud800"}) != digest({"name": "?"})


def test_a_proof_of_another_pair_proves_nothing() -> None:
    digest = digest_with()
    (record,) = state(digest).retirements.values()
    for other in ({"agent": "eve"}, {"intent": "write"}):
        proofs = tuple(replace(proof, **other) for proof in record.proofs)
        now = State("test", "L", 1, state(digest).objects, {}, retirements={"svc": replace(record, proofs=proofs)})
        assert successors(WANTED, DESIRED, (), now, read=READ)[0].proof is None
    assert successors(WANTED, DESIRED, (), replace(now, retirements={}), read=READ)[0].proof is None


def test_a_path_ends_where_nothing_more_is_wanted_and_goes_round_in_no_circle() -> None:
    mount, bare = Address("vault", "mount", "jwt"), Address("vault", "mount", "somebody's")
    on = {
        ROLE: replace(DESIRED[ROLE], depends_on=(mount, bare)),
        mount: Desired(Resource(mount, {"issuer": "a"}), Origin("x"), depends_on=(ROLE,)),
    }
    digest = path_digest("bot", "read", on, state(""))
    assert digest not in {"", path_digest("bot", "read", DESIRED, state(""))}
    (one,) = successors(WANTED, on, (), state(digest), read=READ)
    assert (one.ready, one.proof is not None) == (True, True)
