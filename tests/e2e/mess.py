"""A hybrid estate as it is found: what somebody clicked, typed and forgot on each system, and by which habit."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from jsonschema import Draft202012Validator

from reconciler.render.inventory_schema import inventory_schema
from tests.servers import World

PAGE = (Path(__file__).parents[2] / "docs" / "inventory.md").read_text()


class Habit(StrEnum):
    """Bad ones, as docs/inventory.md tells of them."""

    ENDLESS = "a secret without an end"
    MONTHS = "a secret that lives for weeks, or that nobody changes"
    ADMINISTRATOR = "a service that administers"
    EVERYTHING = "all of something, where a part was meant"
    PASSES_ON = "may give away what it has"
    ANYBODY = "taken from anybody, or from anywhere"
    OPEN = "no secret, or no name, is asked for"
    SHARED = "several use one identity"
    PERSON = "a person behind a machine's identity"
    FORGOTTEN = "not used any more"
    SWITCHED_OFF = "expired or switched off, and still there"
    HIDDEN = "rights by another group or role"


@dataclass
class Mess:
    """What was planted: classes that each must be found to have, by address; and secrets that nobody may see."""

    expected: dict[str, set[str]] = field(default_factory=dict)
    aged: dict[str, set[str]] = field(default_factory=dict)
    """What it must have half a year later."""
    secrets: list[str] = field(default_factory=list)
    habits: dict[str, Habit] = field(default_factory=dict)
    """By address: the one for which it was planted."""

    def expect(self, address: str, habit: Habit, *classes: str) -> None:
        """It is a finding at once."""
        self.expected[address] = set(classes)
        self.habits[address] = habit

    def expect_later(self, address: str, habit: Habit, *classes: str) -> None:
        """It is one half a year later."""
        self.aged[address] = set(classes)
        self.habits[address] = habit

    def secret(self, text: str) -> str:
        """One that must be in no output."""
        self.secrets.append(text)
        return text

    def counts(self, system: str) -> Counter[Habit]:
        """How many were planted on a system."""
        return Counter(habit for address, habit in self.habits.items() if address.startswith(f"{system}."))


SYSTEMS = ("payments", "orders-db", "vault", "shop-db", "directory")
"""The columns of the page's table."""


def told() -> Mapping[str, Counter[Habit]]:
    """What the page says was planted, by system."""
    cells = r" (\d*) ?\|" * len(SYSTEMS)
    rows = re.findall(rf"^\| ([^|]+) \|{cells}$", PAGE, re.MULTILINE)
    found: dict[str, Counter[Habit]] = {system: Counter() for system in SYSTEMS}
    for name, *numbers in rows:
        for system, number in zip(SYSTEMS, numbers, strict=True):
            if number and name in set(Habit):
                found[system][Habit(name)] = int(number)
    return found


def of_system(world: World, system: str, connections: str = "") -> tuple[dict[str, set[str]], set[str], list[str], str]:
    """Findings; what is told and is none; what couldn't be looked at; and all that was printed."""
    told_ = world.ok("inventory", "--json", "--system", system, WRIT_CONNECTIONS=connections or str(world.connections))
    document = json.loads(told_)
    assert list(Draft202012Validator(inventory_schema()).iter_errors(document)) == []
    (seen,) = document["systems"]
    found = {one["address"]: set(one["classes"]) for one in seen["items"] if one["finding"]}
    known = {one["address"] for one in seen["items"] if not one["finding"]}
    return found, known, [one["what"] for one in seen["unseen"]], told_
