"""AWS's managed policies, as moto ships them, and changes to them whose direction is known."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from moto.iam.aws_managed_policies import aws_managed_policies_data

Document = dict[str, Any]
UP, DOWN, SAME = "up", "down", "same"


def managed() -> dict[str, Document]:
    """Documents by policy name."""
    raw = json.loads(aws_managed_policies_data)
    return {name: found["Document"] for name, found in sorted(raw.items())}


class Mutation(NamedTuple):
    """A changed document, and which way access may have gone: only UP, only DOWN, or not at all."""

    kind: str
    document: Document
    way: str


def statements(document: Document) -> list[dict[str, Any]]:
    found = document["Statement"]
    return found if isinstance(found, list) else [found]


def _many(statement: dict[str, Any], element: str) -> list[str]:
    found = statement.get(element, [])
    return [found] if isinstance(found, str) else list(found)


def _way(statement: dict[str, Any], way: str) -> str:
    """The other way round in a Deny."""
    return way if statement["Effect"] == "Allow" else (UP if way == DOWN else DOWN)


def drop_action(document: Document, chance: random.Random) -> str | None:
    one = chance.choice(statements(document))
    actions = _many(one, "Action")
    if len(actions) < 2:
        return None
    actions.remove(chance.choice(actions))
    one["Action"] = actions
    return _way(one, DOWN)


def widen_action(document: Document, chance: random.Random) -> str | None:
    one = chance.choice(statements(document))
    actions = _many(one, "Action")
    if not actions:
        return None
    at = chance.randrange(len(actions))
    actions[at] = actions[at][:-3] + "*" if ":" in actions[at][:-3] else "*"
    one["Action"] = actions
    return _way(one, UP)


def widen_resource(document: Document, chance: random.Random) -> str | None:
    one = chance.choice(statements(document))
    resources = _many(one, "Resource")
    if not resources:
        return None
    at = chance.randrange(len(resources))
    resources[at] = resources[at][: chance.randint(0, len(resources[at]) - 1)].partition("${")[0] + "*"
    one["Resource"] = resources
    return _way(one, UP)


def add_statement(document: Document, chance: random.Random) -> str | None:
    found = statements(document)
    resource = chance.choice(["*", "arn:aws:s3:::writ-*", "arn:aws:iam::*:role/writ/*"])
    action = chance.choice(["s3:PutObject", "iam:PassRole", "sts:AssumeRole", "writ:Brew"])
    found.insert(chance.randint(0, len(found)), {"Effect": "Allow", "Action": action, "Resource": resource})
    document["Statement"] = found
    return UP


def add_denial(document: Document, chance: random.Random) -> str | None:
    found = statements(document)
    actions = [one for statement in found for one in _many(statement, "Action")] or ["*"]
    found.append({"Effect": "Deny", "Action": chance.choice(actions), "Resource": "arn:aws:*:*:*:*"})
    document["Statement"] = found
    return DOWN


def remove_condition(document: Document, chance: random.Random) -> str | None:
    conditioned = [one for one in statements(document) if one.get("Condition")]
    if not conditioned:
        return None
    one = chance.choice(conditioned)
    operator = chance.choice(sorted(one["Condition"]))
    keys = one["Condition"][operator]
    del keys[chance.choice(sorted(keys))]
    return _way(one, UP)


def remove_statement(document: Document, chance: random.Random) -> str | None:
    found = statements(document)
    gone = found.pop(chance.randrange(len(found)))
    document["Statement"] = found
    return _way(gone, DOWN)


def reorder(document: Document, chance: random.Random) -> str | None:
    found = statements(document)
    chance.shuffle(found)
    for one in found:
        for element in ("Action", "NotAction", "Resource", "NotResource"):
            if isinstance(one.get(element), list):
                chance.shuffle(one[element])
    document["Statement"] = found
    return SAME


def change_case(document: Document, _: random.Random) -> str | None:
    for one in statements(document):
        for element in ("Action", "NotAction"):
            if element in one:
                one[element] = [name.swapcase() for name in _many(one, element)]
    return SAME


KINDS: tuple[Callable[[Document, random.Random], str | None], ...] = (
    drop_action,
    widen_action,
    widen_resource,
    add_statement,
    add_denial,
    remove_condition,
    remove_statement,
    reorder,
    change_case,
)


def mutations(document: Document, chance: random.Random) -> Iterator[Mutation]:
    """One of each kind that fits."""
    for kind in KINDS:
        changed = copy.deepcopy(document)
        way = kind(changed, chance)
        if way:
            yield Mutation(kind.__name__, changed, way)
