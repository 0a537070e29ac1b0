"""Random policies of a small language against every request of a small world, decided by the evaluator.

The comparison must never call it equal or narrower where the world holds a request that only the new side allows.
"""

from __future__ import annotations

import random
from collections import Counter
from itertools import product
from typing import Any

from providers.aws.effective.compare import compare, reaches
from providers.aws.effective.document import Policy
from providers.aws.effective.evaluator import Principal, Request, allowed
from reconciler.access import Comparison

ACTIONS: list[Any] = [
    "s3:GetObject",
    "S3:getobject",
    "s3:Get*",
    "s3:*",
    "*",
    ["s3:GetObject", "s3:PutObject"],
    "s3:Tea",
]
NOT_ACTIONS: list[Any] = ["s3:PutObject", "s3:*", ["s3:Get*", "s3:Tea"]]
RESOURCES: list[Any] = ["*", "a*", "a", "?", "a?", "*b", ["a", "b"], "${k:u}", "a${k:u}", "${k:u}*", "${*}", "?*"]
CONDITIONS: list[dict[str, Any]] = [
    {"StringEquals": {"k:t": "a"}},
    {"StringEquals": {"k:t": ["a", "b"]}},
    {"StringNotEquals": {"k:t": "a"}},
    {"StringLike": {"k:t": "a*"}},
    {"StringNotLike": {"k:t": ["a*", "b"]}},
    {"StringEqualsIgnoreCase": {"k:t": "A"}},
    {"StringEqualsIfExists": {"k:t": "b"}},
    {"StringEquals": {"k:t": "${k:u}"}},
    {"StringNotEquals": {"k:t": "${k:u}"}},
    {"StringEqualsIgnoreCase": {"k:t": "${k:u}"}},
    {"StringLike": {"k:t": "?"}},
    {"Null": {"k:t": "true"}},
    {"Null": {"k:u": "false"}},
    {"StringLike": {"k:u": "a*"}},
    {"ForAnyValue:StringEquals": {"k:s": ["a", "b"]}},
    {"ForAllValues:StringLike": {"k:s": "a*"}},
    {"ForAnyValue:StringNotEquals": {"k:s": "a"}},
    {"ForAllValues:StringNotEquals": {"k:s": "a"}},
    {"ForAnyValue:StringEqualsIfExists": {"k:s": "b"}},
    {"NumericLessThan": {"k:n": "5"}},
    {"NumericGreaterThanEquals": {"k:n": "5"}},
    {"NumericNotEquals": {"k:n": ["5", "7"]}},
    {"Bool": {"k:b": "true"}},
    {"BoolIfExists": {"k:b": "false"}},
    {"IpAddress": {"k:i": ["10.0.0.0/8", "::/0"]}},
    {"NotIpAddress": {"k:i": "10.1.0.0/16"}},
    {"DateGreaterThan": {"k:d": "2025-01-01"}},
    {"DateLessThanEqualsIfExists": {"k:d": "2025-01-01T00:00:00Z"}},
    {"ArnLike": {"k:r": "arn:aws:s3:*:1:a*"}},
    {"StringEquals": {"k:t": "a"}, "NumericLessThan": {"k:n": "7"}},
]
WORLD = {
    "k:t": [(), ("a",), ("b",), ("ab",), ("A",), ("z",)],
    "k:u": [(), ("a",), ("b",), ("B",)],
    "k:s": [(), ("a",), ("b",), ("a", "b"), ("ab", "c")],
    "k:n": [(), ("4",), ("5",), ("6",), ("8",)],
    "k:b": [(), ("true",), ("false",)],
    "k:i": [(), ("10.0.0.1",), ("10.1.0.1",), ("2001::1",)],
    "k:d": [(), ("2024-06-01",), ("2025-01-01",), ("2026-01-01T00:00:00Z",)],
    "k:r": [(), ("arn:aws:s3::1:a:b",), ("arn:aws:s3:x:y:1:a",)],
}
SOME_ACTIONS = ("s3:GetObject", "s3:PutObject", "s3:Tea", "ec2:RunInstances")
SOME_RESOURCES = ("a", "b", "ab", "aa", "ba", "*", "c", "")


def a_statement(chance: random.Random) -> dict[str, Any]:
    found: dict[str, Any] = {"Effect": chance.choice(("Allow", "Allow", "Deny"))}
    if chance.random() < 0.15:
        found["NotAction"] = chance.choice(NOT_ACTIONS)
    else:
        found["Action"] = chance.choice(ACTIONS)
    found["NotResource" if chance.random() < 0.15 else "Resource"] = chance.choice(RESOURCES)
    if chance.random() < 0.6:
        found["Condition"] = chance.choice(CONDITIONS)
    return found


def a_policy(chance: random.Random) -> list[dict[str, Any]]:
    return [a_statement(chance) for _ in range(chance.randint(1, 3))]


def changed(chance: random.Random, statements: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Something near it: most changes are small, and near misses are hard."""
    found = [dict(one) for one in statements]
    at = chance.randrange(len(found))
    match chance.randrange(4):
        case 0:
            found[at] = a_statement(chance)
        case 1:
            found.append(a_statement(chance))
        case 2:
            found[at].pop("Condition", None)
            if chance.random() < 0.7:
                found[at]["Condition"] = chance.choice(CONDITIONS)
        case _:
            found[at] = {name: value for name, value in found[at].items() if not name.endswith("Resource")}
            found[at]["Resource"] = chance.choice(RESOURCES)
    return found


def a_principal(chance: random.Random, statements: list[dict[str, Any]]) -> Principal:
    boundary = (of(a_policy(chance)),) if chance.random() < 0.15 else None
    return Principal((of(statements),), boundary)


def of(statements: list[dict[str, Any]]) -> Policy:
    return Policy.of({"Version": "2012-10-17", "Statement": statements})


def world(*principals: Principal) -> list[Request]:
    """Every request, as far as these policies can tell requests apart."""
    text = repr(principals)
    keys = [key for key in WORLD if key in text]
    contexts = [dict(zip(keys, values, strict=True)) for values in product(*(WORLD[key] for key in keys))]
    if len(contexts) > 150:
        contexts = random.Random(len(contexts)).sample(contexts, 150)
    present = [{key: values for key, values in context.items() if values} for context in contexts]
    return [Request(*one) for one in product(SOME_ACTIONS, SOME_RESOURCES, present)]


def judge(old: Principal, new: Principal, found: Comparison) -> str:
    """What is wrong with a verdict, or ''."""
    requests = world(old, new)
    before = [allowed(old, one) for one in requests]
    after = [allowed(new, one) for one in requests]
    gained = any(b and not a for a, b in zip(before, after, strict=True))
    lost = any(a and not b for a, b in zip(before, after, strict=True))
    if gained and found.verdict in ("equal", "narrows"):
        return "unsound"
    if lost and found.verdict == "equal":
        return "a loss is missed"
    return ""


def test_verdicts_against_every_request(sweep: bool) -> None:
    chance, count = random.Random(11), 2_500 if sweep else 20
    verdicts: Counter[str] = Counter()
    wrong = []
    for _ in range(count):
        statements = a_policy(chance)
        old = a_principal(chance, statements)
        new = a_principal(chance, changed(chance, statements) if chance.random() < 0.8 else a_policy(chance))
        found = compare(old, new)
        verdicts[found.verdict] += 1
        problem = judge(old, new, found)
        if problem:
            wrong.append((problem, old, new, found))
    print(f"\n{count} pairs, {len(wrong)} wrong: {dict(verdicts)}")
    assert wrong[:3] == []
    # Soundness is cheap for who never decides anything.
    assert verdicts["unknown"] + verdicts["may-widen"] < count * 0.15


def test_reaching_against_every_request(sweep: bool) -> None:
    chance, count, hits = random.Random(13), 1_000 if sweep else 25, 0
    boxes = [(["s3:Get*"], ["a*"]), (["*"], ["b"]), (["s3:Tea", "s3:Put*"], ["?", "ab"]), (["ec2:*"], ["*"])]
    for _ in range(count):
        one = a_principal(chance, a_policy(chance))
        actions, resources = chance.choice(boxes)
        box = Principal((of([{"Effect": "Allow", "Action": actions, "Resource": resources}]),))
        found = reaches(one, actions, resources)
        inside = any(allowed(one, request) and allowed(box, request) for request in world(one))
        hits += inside
        assert found or not inside, (one, actions, resources)
    print(f"\n{count} boxes, {hits} reached within the world")
