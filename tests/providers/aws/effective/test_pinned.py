"""Policy variables whose text a condition names, against asking for every user and resource one by one."""

from __future__ import annotations

import random
from typing import Any

import pytest

from providers.aws.effective.compare import compare, reaches
from providers.aws.effective.document import Policy
from providers.aws.effective.evaluator import Principal, Request, allowed
from providers.aws.effective.pinned import most_ways, pinned, pins
from tests.providers.aws.effective.helpers import both_ways, policy, principal, statement
from tests.thorough import sampled

HOME = "home/${aws:username}/*"
USERS = ("bob", "al", "*", "", None)
TEXTS = ("a", "bob", "al", "*", "guest", "")
BUCKET = "arn:aws:s3:::"


def named(*users: str, operator: str = "StringEquals") -> dict[str, Any]:
    return {operator: {"aws:username": list(users)}}


BOB, BOBS = named("bob"), statement(resource="home/bob/*", Condition=named("bob"))


@pytest.mark.parametrize(
    ("old", "new", "verdict"),
    [
        (statement(resource=HOME, Condition=BOB), BOBS, "equal"),
        (statement(resource=HOME, Condition=named("bob", operator="StringLike")), BOBS, "equal"),
        (statement(resource=HOME, Condition=named("b*", operator="StringLike")), BOBS, "narrows"),
        (statement(resource=HOME), BOBS, "narrows"),
        (BOBS, statement(resource=HOME), "widens"),
        (statement(resource=HOME, Condition=BOB), statement(resource=HOME), "widens"),
        (statement(resource="home/bob/*"), statement(resource=HOME, Condition=BOB), "narrows"),
        (statement(resource="home/bob/*"), statement(resource=HOME), "incomparable"),
        (statement(resource=HOME, Condition=BOB), statement(resource=HOME, Condition=named("bob", "al")), "widens"),
        (statement(resource=HOME, Condition=BOB), statement(resource=HOME, Condition=named("al")), "incomparable"),
        (
            statement(resource=HOME, Condition=named("bob", "al")),
            statement(resource="home/*", Condition=named("bob", "al")),
            "widens",
        ),
        (
            statement(Condition={**BOB, "StringLike": {"s3:prefix": "${aws:username}/*"}}),
            statement(Condition={**BOB, "StringLike": {"s3:prefix": "bob/*"}}),
            "equal",
        ),
        # A wildcard in the text of a key is none.
        (
            statement(resource=HOME, Condition=named("*")),
            statement(resource="home/*", Condition=named("*")),
            "widens",
        ),
    ],
)
def test_a_variable_is_what_its_condition_says(old: dict[str, Any], new: dict[str, Any], verdict: str) -> None:
    found = both_ways(principal(old), principal(new))
    assert found.verdict == verdict, found
    assert all(one.certain for one in (*found.gains, *found.loses)), found
    assert found.notes == ()


def test_a_guardrail_reads_it_so_too() -> None:
    bobs = principal(statement(resource=HOME, Condition=BOB))
    reached = reaches(bobs, ["s3:GetObject"], [f"{BUCKET}home/bob/*"])
    assert reached
    assert reached.certain
    assert reaches(bobs, ["s3:GetObject"], [f"{BUCKET}home/al/*"]) is None


def a_statement(chance: random.Random) -> dict[str, Any]:
    operator = chance.choice(
        ("StringEquals", "StringEquals", "StringLike", "StringNotEquals", "StringEqualsIfExists", "Null")
    )
    users = ["true"] if operator == "Null" else chance.sample(("bob", "al", "*", ""), chance.randint(1, 2))
    texts = (*TEXTS, "${aws:username}", "${aws:username, 'guest'}", "a${aws:username}")
    element = chance.choice(("Resource", "Resource", "NotResource"))
    made = {
        "Effect": chance.choice(("Allow", "Allow", "Deny")),
        "Action": "s3:GetObject",
        element: [f"{BUCKET}{one}" for one in chance.sample(texts, chance.randint(1, 2))],
    }
    return made | ({"Condition": named(*users, operator=operator)} if chance.random() < 0.7 else {})


def requests() -> list[Request]:
    every = (*TEXTS, *(f"a{user}" for user in USERS if user), "x", "ax")
    contexts = [{} if user is None else {"aws:username": (user,)} for user in (*USERS, "x")]
    return [Request("s3:GetObject", f"{BUCKET}{one}", context) for one in every for context in contexts]


@pytest.mark.parametrize("seed", sampled(range(40), 8))
def test_no_user_and_no_resource_goes_unseen(seed: int) -> None:
    chance, asked = random.Random(seed), requests()
    for _ in range(25):
        sides = [
            Principal((Policy.of({"Version": "2012-10-17", "Statement": [a_statement(chance) for _ in range(count)]}),))
            for count in (chance.randint(1, 3), chance.randint(1, 3))
        ]
        found = compare(*sides)
        before, after = ([allowed(side, one) for one in asked] for side in sides)
        if any(new and not old for old, new in zip(before, after, strict=True)):
            assert found.verdict not in ("equal", "narrows"), (sides, found)
        if any(old and not new for old, new in zip(before, after, strict=True)):
            assert found.verdict not in ("equal", "widens"), (sides, found)


def test_many_statements_are_taken_apart_less() -> None:
    """Comparing takes the square of all ways."""
    keys = ("aws:PrincipalTag/a", "aws:PrincipalTag/b")
    values = [f"v{number}" for number in range(8)]
    conditions = {"StringEquals": dict.fromkeys(keys, values)}
    written = [
        statement(resource=f"{number}/${{{keys[0]}}}/${{{keys[1]}}}/*", Condition=conditions) for number in range(100)
    ]
    statements = policy(*written).statements
    known, most = pins(statements), most_ways(statements)
    assert sum(len(pinned(one, known, most)) for one in statements) == 800
    assert len(pinned(statements[0], known, most_ways(statements[:2]))) == 64
