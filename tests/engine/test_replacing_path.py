"""What replaces a principal is proved by a login through its own objects, and by no other's."""

from __future__ import annotations

from dataclasses import replace

from reconciler.engine.succession import path_digest, successors
from reconciler.model import (
    Address,
    Desired,
    Origin,
    Resource,
    State,
    Value,
)
from tests.engine.test_succession import AT, DESIRED, READ, ROLE, WANTED, state

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
