"""Compiled policies against the server's own decision (sys/capabilities), and compare-and-set."""

from __future__ import annotations

import random
import time

import pytest

from providers.vault.acl_policy import AclPolicy
from providers.vault.client import VaultClient
from providers.vault.patterns import Pattern
from providers.vault.policy import CAPABILITIES, Grant, Inexpressible, _united, render, unite
from providers.vault.resources import TYPES
from providers.vault.transport import Origin, Transport
from reconciler.provider import Conflict, PairDemand
from tests.providers.vault.tiny import reply, tiny
from tests.providers.vault.world import Estate, access, agent, changed, pair, scope

POLICY = TYPES["vault_policy"]


def grants(*rules: tuple[str, str]) -> list[Grant]:
    return [Grant(Pattern.of(path), frozenset(capabilities.split())) for path, capabilities in rules]


def decide(estate: Estate, policy: str, paths: list[str]) -> dict[str, set[str]]:
    """What the server grants a token that has only this policy."""
    estate.root.post("sys/policies/acl/compiled", {"policy": policy})
    made = estate.root.hvac.auth.token.create(policies=["compiled"], no_default_policy=True, ttl="60s")
    found = estate.root.ask("sys/capabilities", {"token": made["auth"]["client_token"], "paths": paths})
    return {path: set(found[path]) - {"deny"} for path in paths}


@pytest.mark.parametrize(
    ("rules", "path", "expected"),
    [
        ([("a/*", "read"), ("a/b/*", "update")], "a/b/c", "read update"),
        ([("a/*", "read"), ("a/b", "update")], "a/b", "read update"),
        ([("a/+/c", "read"), ("a/b/+", "update")], "a/b/c", "read update"),
        ([("a/+/c", "read"), ("a/b/+", "update")], "a/b/d", "update"),
        ([("a/+/c*", "read"), ("a/b/*", "list")], "a/b/cd/e", "read list"),
        ([("kv/metadata/orders", "read"), ("kv/metadata/orders/*", "list")], "kv/metadata/orders", "read list"),
        ([("a/b", "read"), ("a/b", "update")], "a/b", "read update"),
        ([("a/+", "list"), ("a/*", "read")], "a/b/", "list read"),
        ([("a/b", "list"), ("a/b/", "read")], "a/b/", "list read"),
    ],
)
def test_the_server_grants_the_union(estate: Estate, rules: list[tuple[str, str]], path: str, expected: str) -> None:
    policy = render("test", unite(grants(*rules)))
    assert decide(estate, policy, [path])[path] == set(expected.split())


def test_the_server_loses_the_union_where_it_is_not_compiled(estate: Estate) -> None:
    """The trap itself, so that this file fails should the server ever change."""
    policy = render("test", grants(("a/*", "read"), ("a/b/*", "update")))
    assert decide(estate, policy, ["a/b/c"]) == {"a/b/c": {"update"}}


def test_what_no_policy_can_say_is_refused() -> None:
    with pytest.raises(Inexpressible) as found:
        unite(grants(("a/*", "read"), ("a/+/b*", "update")))
    assert (found.value.one, found.value.two) == ("a/*", "a/+/b*")
    with pytest.raises(Inexpressible):
        unite(grants(("a/b*", "read"), ("a/+/c", "update")))
    assert unite(grants(("a/*", "read update"), ("a/+/b*", "update")))


def test_paths_that_cross_again_and_again_are_refused_soon() -> None:
    dice = random.Random(20261124)
    paths = [("kv/" + "/".join(dice.choice("+a") for _ in range(12))) for _ in range(100)]
    rules = grants(*((path, dice.choice(CAPABILITIES)) for path in paths))
    started = time.process_time()
    for _ in range(50):  # as many agents hold the intent
        with pytest.raises(Inexpressible) as found:
            unite(rules)
    assert time.process_time() - started < 2  # a tenth of it on a quiet machine
    assert Pattern.of(found.value.one).overlaps(Pattern.of(found.value.two))


SEGMENTS = ("b", "bc", "c", "+")
PROBES = [
    "/".join(["m", *rest])
    for rest in [[x] for x in ("b", "bc", "c", "d", "")]
    + [[x, y] for x in ("b", "bc", "d") for y in ("b", "bcd", "c", "")]
    + [[x, y, "c"] for x in ("b", "d") for y in "bd"]
]


def random_rules(dice: random.Random) -> list[Grant]:
    rules = []
    for _ in range(dice.randint(2, 4)):
        segments = [dice.choice(SEGMENTS) for _ in range(dice.randint(1, 3))]
        text = "/".join(["m", *segments])
        if dice.random() < 0.5:
            text = text + "/*" if text.endswith("+") or dice.random() < 0.5 else text + "*"
        rules.append(Grant(Pattern.of(text), frozenset(dice.sample(CAPABILITIES, dice.randint(1, 2)))))
    return rules


def test_what_lies_apart_is_not_compared_and_comes_out_the_same() -> None:
    dice = random.Random(20261130)
    firsts, ends = ("a", "ab", "b", "kv", "+"), ("", "/", "/*", "/x", "/x*", "/x/", "/+", "/+/x", "*")
    equal = 0
    for _ in range(3000):
        paths = [dice.choice(firsts) + dice.choice(ends) for _ in range(dice.randint(1, 3))]
        rules = grants(*((path, " ".join(dice.sample(CAPABILITIES, 2))) for path in paths))
        expected = _united(tuple(rules))
        if isinstance(expected, Inexpressible):
            with pytest.raises(Inexpressible):
                unite(rules)
        else:
            assert unite(rules) == list(expected)
            equal += len(rules) > 1
    assert equal > 1000


def matches(pattern: Pattern, path: str) -> bool:
    return pattern.contains(Pattern.of(path))


def declared_at(declared: list[Grant], path: str) -> set[str]:
    return {c for grant in declared if matches(grant.pattern, path) for c in grant.capabilities}


def test_random_unions_are_granted_exactly(estate: Estate) -> None:
    dice = random.Random(20261123)
    refused = 0
    for _ in range(150):
        declared = random_rules(dice)
        try:
            policy = render("test", unite(declared))
        except Inexpressible:
            refused += 1
            continue
        granted = decide(estate, policy, PROBES)
        for path in PROBES:
            union, bare = declared_at(declared, path), path.rstrip("/")
            if bare != path:
                # Asked for a folder, the server tells of the path without the slash, as LIST does.
                union |= declared_at(declared, bare) & {"list"}
                if declared_at(declared, bare):
                    union, granted[path] = union & {"list"}, granted[path] & {"list"}
            elif path in {g.pattern.text for g in declared}:
                union |= declared_at(declared, f"{path}/") & {"list"}  # LIST of a/b/ is decided at a/b
            assert granted[path] == union, (path, declared, policy)
    assert refused < 60


@pytest.mark.parametrize(
    ("one", "two"),
    [("a/*", "a/b/*"), ("a/+/b*", "a/*"), ("+/+/c", "a/*"), ("a/+", "a/*"), ("a/+/+", "a/+/*"), ("a/b*", "a/bc*")],
)
def test_rank_is_the_servers(estate: Estate, one: str, two: str) -> None:
    witness = Pattern.of(one).witness(Pattern.of(two))
    assert witness is not None
    found = decide(estate, render("t", grants((one, "read"), (two, "update"))), [witness])[witness]
    winner = max((one, two), key=lambda text: Pattern.of(text).rank)
    assert found == ({"read"} if winner == one else {"update"})


def test_a_policy_is_written_by_compare_and_set(estate: Estate) -> None:
    who = pair(agent("bot"), "orders.read")
    desired = estate.apply(PairDemand(who, (access(("kv/data/orders/*", ["read"])),)))
    policy = next(d for d in desired if d.resource.address.type == "vault_policy")
    address = policy.resource.address
    before = estate.read(desired).objects[address]
    assert before.version == "1"
    estate.root.post(f"sys/policies/acl/{address.key}", {"policy": "# by hand"})
    wanted = changed(policy, policy=f"{policy.resource.attributes['policy']}# more\n").resource
    with pytest.raises(Conflict):
        POLICY.update(estate.client, before, wanted)
    with pytest.raises(Conflict):
        POLICY.create(estate.client, wanted)
    with pytest.raises(Conflict):
        POLICY.write(estate.client, wanted, None)  # somebody made it between our read and our write
    assert estate.root.get(f"sys/policies/acl/{address.key}")["policy"] == "# by hand"


def test_without_versions_the_policy_is_looked_at_once_more() -> None:
    """A server that ignores `cas` (HashiCorp Vault) gives no version either."""
    before = AclPolicy().live
    body = '{"data": {"name": "writ-x", "policy": "# now"}}'
    with tiny(lambda _: reply(200, body)) as server:
        client = VaultClient(Transport(Origin.of(server.address)), "", scope())
        was, now = (before(client, "writ-x", {"policy": text}) for text in ("# was", "# now"))
        assert was.version == ""
        with pytest.raises(Conflict):
            POLICY.update(client, was, was.resource)
        assert [request.split()[0] for request in server.requests] == ["GET"]
        POLICY.update(client, now, was.resource)
        assert server.requests[-1].startswith("POST /v1/sys/policies/acl/writ-x")
        client.close()
