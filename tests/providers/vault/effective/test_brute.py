"""Every short path, asked one by one, against what the comparison and the two evaluators say."""

from __future__ import annotations

import itertools
import json
import random
from dataclasses import replace

import pytest

from providers.vault.effective.compare import compare, reaches
from providers.vault.effective.evaluate import allowed
from providers.vault.effective.recheck import permits
from providers.vault.effective.values import Policy, Request, Rule, Server
from reconciler.access import Verdict
from tests.providers.vault.effective.policies import CAPABILITIES, hcl, parsed, random_set
from tests.thorough import sampled

WORLDS = {
    ("a", "ax", ""): ("", "a", "ax", "ay", "axx", "x"),
    ("a", "+x", ""): ("", "a", "ax", "+x", "+xx", "x"),
}
"""Segments that rules are made of → segments of which paths show every difference."""


def paths(segments):
    """All with up to four segments; rules have up to three."""
    found = ["/".join(parts) for size in range(1, 5) for parts in itertools.product(WORLDS[segments], repeat=size)]
    return [path for path in found if not path.startswith("/")]


PATHS = {segments: paths(segments) for segments in WORLDS}
SERVERS = (Server.OPENBAO, Server.VAULT)


def access(texts, server, segments):
    policies = parsed(texts)
    return {
        (capability, path)
        for path in PATHS[segments]
        for capability in ("read", "list", "sudo")
        # The server adds the slash to a LIST that comes without one.
        if (capability != "list" or path.endswith("/")) and allowed(policies, Request(capability, path), server=server)
    }


def plain(requests):
    """Those without an empty segment, which not every server takes."""
    return {(capability, path) for capability, path in requests if path and "" not in path.split("/")[:-1]}


def expected(gained, lost):
    if plain(gained):
        return Verdict.INCOMPARABLE if lost else Verdict.WIDENS
    if gained:
        return Verdict.MAY_WIDEN
    return Verdict.NARROWS if lost else Verdict.EQUAL


def narrowed(texts):
    """Three capabilities are enough, and make clashes likelier."""
    for one, other in (("create", "read"), ("update", "list"), ("patch", "sudo"), ("delete", "read"), ("scan", "list")):
        texts = [text.replace(f'"{one}"', f'"{other}"') for text in texts]
    return texts


@pytest.mark.parametrize("seed", sampled(range(8), 4))
def test_the_comparison_sees_what_asking_every_path_sees(seed):
    rng = random.Random(seed)
    segments = list(WORLDS)[seed % 2]
    for _ in range(4):
        old = narrowed(random_set(rng, segments, 2))
        new = narrowed(random_set(rng, segments, 2))
        new = [*old, *new] if rng.random() < 0.5 else new
        found = {server: compare(parsed(old), parsed(new), servers=[server]) for server in SERVERS}
        for server, comparison in found.items():
            before, after = (access(texts, server, segments) for texts in (old, new))
            verdict = expected(after - before, before - after)
            assert comparison.verdict is verdict, (old, new, server, comparison)
            gained = {w.request.partition(" ")[0] for w in comparison.gains if w.certain}
            assert gained == {capability for capability, _ in plain(after - before)}, (old, new, server)
            assert not any("//" in w.request for w in (*comparison.gains, *comparison.loses) if w.certain)
        both = compare(parsed(old), parsed(new))
        assert (both.verdict is Verdict.EQUAL) == all(one.verdict is Verdict.EQUAL for one in found.values())
        assert bool(both.gains) == any(one.gains for one in found.values())


@pytest.mark.parametrize("seed", sampled(range(8), 4))
def test_two_evaluators_agree(seed):
    rng = random.Random(1000 + seed)
    for _ in range(4):
        segments = rng.choice(list(WORLDS))
        policies = parsed(random_set(rng, segments))
        for path in rng.sample(PATHS[segments], 200):
            request = Request(rng.choice(CAPABILITIES), path)
            for server in SERVERS:
                mine = allowed(policies, request, server=server)
                assert mine is permits(policies, request, slash_first=server is Server.OPENBAO), (policies, request)


@pytest.mark.parametrize("seed", sampled(range(6), 3))
def test_a_guardrail_is_reached_where_asking_every_path_says_so(seed):
    rng = random.Random(2000 + seed)
    for _ in range(8):
        segments = rng.choice(list(WORLDS))
        texts = narrowed(random_set(rng, segments, 2))
        guardrail = parsed([hcl((path := rng.choice(["a/*", "a/+", "ax", "+/a", "a/", "+/a/*"]), "read"))])
        found = reaches(parsed(texts), path, ["read"], servers=[Server.OPENBAO])
        hit = {
            one
            for capability, one in access(texts, Server.OPENBAO, segments)
            if capability == "read" and allowed(guardrail, Request("read", one))
        }
        assert (found is not None) == bool(hit), (texts, path, found)


WORDS = ("a", "b", "ab", "*", "a*", "*b", "**", "*a*")
VALUES = ("", "a", "b", "ab", "aa", "bb", "ba", "*", True, False, 0)


def parameters(rng):
    written = [*(json.dumps(word) for word in WORDS), "true"]

    def lists():
        names = rng.sample(["k", "l", "*"], rng.randint(1, 2))
        return " ".join(f'"{name}" = [{", ".join(rng.choices(written, k=rng.randint(0, 2)))}]' for name in names)

    more = []
    if rng.random() < 0.6:
        more.append(f"allowed_parameters {{ {lists()} }}")
    if rng.random() < 0.4:
        more.append(f"denied_parameters {{ {lists()} }}")
    if rng.random() < 0.3:
        more.append(f'required_parameters = ["{rng.choice("kl")}"]')
    if rng.random() < 0.2:
        more.append(f"max_wrapping_ttl = {rng.randint(5, 7)}")
    if rng.random() < 0.2:
        more.append(f"min_wrapping_ttl = {rng.randint(3, 5)}")
    return " ".join(more)


REQUESTS = [
    Request("update", "x", {k: v for k, v in (("k", k), ("l", l_), ("z", z)) if v is not None}, wrap)
    for k in (None, *VALUES)
    for l_ in (None, "", "a", "ab", True)
    for z in (None, "z")
    for wrap in (None, 2, 3, 4, 5, 6, 7, 8)
]


@pytest.mark.parametrize("seed", sampled(range(8), 4))
def test_parameters_are_compared_as_asking_them_one_by_one(seed):
    rng = random.Random(3000 + seed)
    for _ in range(5):
        old, new = (parsed([hcl(("x", "update", parameters(rng))) for _ in range(rng.randint(1, 2))]) for _ in range(2))
        before = {i for i, request in enumerate(REQUESTS) if allowed(old, request)}
        after = {i for i, request in enumerate(REQUESTS) if allowed(new, request)}
        for i in rng.sample(range(len(REQUESTS)), 100):
            assert permits(old, REQUESTS[i]) is (i in before), (old, REQUESTS[i])
        found = compare(old, new)
        assert found.verdict is not Verdict.UNKNOWN, (old, new, found)
        assert bool(found.gains) == bool(after - before), (old, new, found)
        assert bool(found.loses) == bool(before - after), (old, new, found)


def filled(policies, value, gone):
    """The policies of one token at one time: templates filled in, expired rules gone."""
    rules = []
    for one in policies:
        kept = [rule for rule in one.rules if not (rule.expires and rule.path in gone)]
        kept = [replace(rule, path=rule.path.replace("{{t}}", value), expires="") for rule in kept]
        rules.append(Policy(one.name, tuple(rule for rule in kept if "+*" not in rule.path)))
    return rules


@pytest.mark.parametrize("seed", sampled(range(6), 3))
def test_whatever_a_template_turns_out_to_be_no_gain_goes_unseen(seed):
    rng = random.Random(4000 + seed)
    for _ in range(5):
        shared, old, new = (parsed(narrowed(random_set(rng, ("a", "ax", ""), 2, 3))) for _ in range(3))
        marked = [
            replace(rule, path=rng.choice(["a/{{t}}", "{{t}}/a", "a{{t}}*", "a/+/{{t}}"])) for rule in new[0].rules[:1]
        ]
        ending = [replace(rule, expires="soon") for one in shared[:1] for rule in one.rules[:2]]
        both = [*shared, Policy("m", (*(marked if rng.random() < 0.7 else ()), *ending))]
        sides = [*both, *old][: rng.randint(1, 9)], [*both, *(new if rng.random() < 0.5 else [*old, *new])]
        found = compare(*sides, servers=[Server.OPENBAO])
        if found.verdict not in {Verdict.EQUAL, Verdict.NARROWS}:
            continue
        names = {rule.path for rule in ending}
        for value, gone in itertools.product(
            ("a", "ax", "a/ax", "x", "", "*", "+"), (set(), names, set(list(names)[:1]))
        ):
            before, after = (filled(side, value, gone) for side in sides)
            real = compare(before, after, servers=[Server.OPENBAO])
            assert real.verdict in {Verdict.EQUAL, Verdict.NARROWS}, (sides, value, gone, found, real)


@pytest.mark.parametrize("seed", sampled(range(6), 3))
def test_the_same_templates_with_other_capabilities_hide_no_gain(seed):
    rng = random.Random(5000 + seed)
    paths = ["a/{{t}}", "{{t}}/a", "a{{t}}*", "a/+/{{t}}"]
    words = [["read"], ["read", "update"], ["list"], ["deny"], ["read", "list", "delete"], []]
    for _ in range(8):
        shared = parsed(narrowed(random_set(rng, ("a", "ax", ""), 2, 3)))
        names = rng.sample(paths, rng.randint(1, 2))
        sides = []
        for _ in range(2):
            rules = tuple(Rule(name, frozenset(rng.choice(words))) for name in names)
            sides.append([*shared, Policy("m", rules)])
        found = compare(*sides, servers=[Server.OPENBAO])
        if found.verdict not in {Verdict.EQUAL, Verdict.NARROWS}:
            continue
        for value in ("a", "ax", "a/ax", "x", "", "*", "+"):
            before, after = (filled(side, value, set()) for side in sides)
            real = compare(before, after, servers=[Server.OPENBAO])
            assert real.verdict in {Verdict.EQUAL, Verdict.NARROWS}, (sides, value, found, real)


@pytest.mark.parametrize(
    ("old", "new", "verdict", "told"),
    [
        (["read", "list", "update"], ["read", "list"], Verdict.NARROWS, "update one/{{t}}/*"),
        (["read"], ["read", "update"], Verdict.MAY_WIDEN, "update one/{{t}}/*"),
        (["read"], ["read"], Verdict.EQUAL, ""),
        (["deny"], ["read"], Verdict.MAY_WIDEN, "read one/"),
        (["deny"], [], Verdict.MAY_WIDEN, "update one/two"),
    ],
)
def test_the_same_template_is_the_same_place(old, new, verdict, told):
    beside = Rule("one/two", frozenset({"update"}))
    sides = [[Policy("m", (beside, Rule("one/{{t}}/*", frozenset(words))))] for words in (old, new)]
    found = compare(*sides)
    assert found.verdict is verdict
    assert told in [one.request for one in (*found.gains, *found.loses)] or not told
