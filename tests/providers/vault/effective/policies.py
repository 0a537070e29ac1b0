"""Short ways to write policies, and random ones."""

from __future__ import annotations

import random
from collections.abc import Sequence

from providers.vault.effective.parse import parse
from providers.vault.effective.values import Policy

NOTHINGS = ("# only a comment\n", "/* x */ // y", " \n", "{}", '{"path": {}}', 'name = "x"')
"""Policies without a rule, as the server takes them."""


def hcl(*rules: tuple[str, str] | tuple[str, str, str]) -> str:
    """Text of rules: path, capabilities parted by spaces, more lines."""
    blocks = []
    for path, capabilities, *more in rules:
        words = ", ".join(f'"{word}"' for word in capabilities.split())
        blocks.append(f'path "{path}" {{\n  capabilities = [{words}]\n  {" ".join(more)}\n}}')
    return "\n".join(blocks) + "\n"


def policy(*rules: tuple[str, str] | tuple[str, str, str], name: str = "p") -> Policy:
    return parse(name, hcl(*rules))


def each(*rules: tuple[str, str] | tuple[str, str, str]) -> list[Policy]:
    """One policy to a rule."""
    return [policy(rule, name=f"p{i}") for i, rule in enumerate(rules)]


CAPABILITIES = ("create", "read", "update", "patch", "delete", "list", "scan", "sudo")


def random_path(rng: random.Random, segments: Sequence[str], most: int) -> str:
    """A rule's path, mostly a pattern."""
    found = "/".join(rng.choice([*segments, "+"]) for _ in range(rng.randint(1, most)))
    found += rng.choice(["", "", "*", "/*", "/"])
    return found.replace("+*", "+/*")


def random_rules(rng: random.Random, segments: Sequence[str], most: int = 3, rules: int = 5) -> list[tuple[str, str]]:
    found = []
    for _ in range(rng.randint(1, rules)):
        words = rng.sample(CAPABILITIES, rng.randint(0, 4)) if rng.random() > 0.15 else ["deny"]
        found.append((random_path(rng, segments, most), " ".join(words)))
    return found


def random_set(rng: random.Random, segments: Sequence[str], most: int = 3, rules: int = 5) -> list[str]:
    """Texts of one to three policies, of which some rules share a path."""
    texts = [random_rules(rng, segments, most, rules) for _ in range(rng.randint(1, 3))]
    if len(texts) > 1 and rng.random() < 0.5:
        path, _ = rng.choice(texts[0])
        texts[1].append((path, rng.choice(CAPABILITIES)))
    return [hcl(*rules_) for rules_ in texts]


def parsed(texts: Sequence[str]) -> list[Policy]:
    return [parse(f"p{i}", text) for i, text in enumerate(texts)]
