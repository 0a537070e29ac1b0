"""ACL policies from their text, HCL or JSON, as Vault and OpenBao read them (vault/policy.go, ParseACLPolicy).

Raises PolicyError with line and column for whatever the server wouldn't take, or that isn't understood here: keys
that are unknown or come twice, two labels, a path block without a path.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from providers.vault.effective.hcl import Item, Number, Object, Tree, error, read
from providers.vault.effective.values import (
    CAPABILITIES,
    NOTHING,
    Condition,
    Parameters,
    Policy,
    PolicyError,
    Rule,
    Scalar,
)

_OLD = {
    "deny": ("deny",),
    "read": ("read", "list"),
    "write": ("create", "read", "update", "delete", "list"),
    "sudo": ("create", "read", "update", "delete", "list", "sudo"),
}
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_TEMPLATE = re.compile(r"\{\{[ \t\r\n]*([^{}]*?)[ \t\r\n]*\}\}")
_DURATION = re.compile(r"(?:\d+[hms])+|\d+d?")


def parse(name: str, text: str, *, expires: str = "") -> Policy:
    """The policy of a name and text; ``expires`` is OpenBao's, and stands beside the text. Raises PolicyError."""
    rules: list[Rule] = []
    for item in read(text).items:
        if item.key == "path":
            rules += [_Block(text, path, at).rule(body) for path, body, at in _paths(text, item)]
        elif item.key != "name" or not isinstance(item.value, str):
            raise error(text, item.at, f"{item.key!r:.60} isn't known here: a policy consists of path blocks")
    return Policy(name, tuple(rules), expires)


def _paths(text: str, item: Item) -> Iterator[tuple[str, Object, int]]:
    """Blocks of one ``path``: ``path "x" {}``, or JSON's ``"path": {"x": {}}`` and lists of either object."""
    if len(item.labels) > 1:
        raise error(text, item.at, "a path block has one path")
    if item.labels:
        for body in _objects(text, item):
            yield item.labels[0], body, item.at
        return
    if not text.lstrip().startswith("{"):
        raise error(text, item.at, 'a path block needs its path: path "kv/data/x" { … }')
    for outer in _objects(text, item):
        for inner in outer.items:
            for body in _objects(text, inner):
                yield inner.key, body, inner.at


def _objects(text: str, item: Item) -> tuple[Object, ...]:
    found = item.value if isinstance(item.value, list) else [item.value]
    if not all(isinstance(one, Object) for one in found):
        raise error(text, item.at, f"{item.key!r:.60} takes an object")
    return tuple(one for one in found if isinstance(one, Object))


@dataclass(slots=True)
class _Block:
    """One path block while it is read."""

    text: str
    path: str
    at: int
    capabilities: list[str] = field(default_factory=list)
    allowed: Parameters = ()
    denied: Parameters = ()
    required: tuple[str, ...] = ()
    wrapping: dict[str, int] = field(default_factory=dict)
    conditions: set[Condition] = field(default_factory=set)
    opaque: list[Condition] = field(default_factory=list)
    control_group: str = ""
    expires: str = ""
    old: tuple[str, ...] = ()

    def rule(self, body: Object) -> Rule:
        seen: set[str] = set()
        for item in body.items:
            known = _FIELDS.get(item.key)
            if known is None or item.labels:
                raise self.fail(item, f"{item.key!r:.60} isn't known in a path block")
            if item.key in seen:
                raise self.fail(item, f"{item.key} comes twice")
            seen.add(item.key)
            known(self, item)
        # Blanks within the braces are nothing to the server (sdk/helper/identitytpl).
        path = _TEMPLATE.sub(r"{{\1}}", self.path.removeprefix("/"))
        if "+*" in path:
            raise error(self.text, self.at, "+* is forbidden in paths")
        shortest, longest = self.wrapping.get("min_wrapping_ttl", 0), self.wrapping.get("max_wrapping_ttl", 0)
        if shortest and longest and longest < shortest:
            raise error(self.text, self.at, "max_wrapping_ttl is less than min_wrapping_ttl")
        capabilities = frozenset((*self.capabilities, *self.old))
        if "deny" in capabilities:  # the server looks at nothing else then
            return Rule(path, frozenset({"deny"}), expires=self.expires)
        return Rule(
            path,
            capabilities,
            self.allowed,
            self.denied,
            self.required,
            shortest,
            longest,
            frozenset(self.conditions),
            self.control_group,
            tuple(self.opaque),
            self.expires,
        )

    def fail(self, item: Item, message: str) -> PolicyError:
        return error(self.text, item.at, message)

    def words(self, item: Item) -> list[str]:
        if not isinstance(item.value, list):
            raise self.fail(item, f"{item.key} takes a list of strings")
        found = [word for word in item.value if isinstance(word, str)]
        if len(found) != len(item.value):
            raise self.fail(item, f"{item.key} takes a list of strings")
        return found

    def word(self, item: Item) -> str:
        if not isinstance(item.value, str):
            raise self.fail(item, f"{item.key} takes a string")
        return item.value

    def take_capabilities(self, item: Item) -> None:
        self.capabilities = self.words(item)
        bad = next((word for word in self.capabilities if word not in {*CAPABILITIES, "deny"}), None)
        if bad is not None:
            raise self.fail(item, f"unknown capability {bad!r:.60}")

    def take_old(self, item: Item) -> None:
        word = self.word(item)
        if word not in _OLD:
            raise self.fail(item, f'policy = "{word:.40}" isn\'t known: deny, read, write or sudo')
        self.old = _OLD[word]

    def take_parameters(self, item: Item) -> None:
        if not isinstance(item.value, Object):
            raise self.fail(item, f"{item.key} takes an object")
        found: dict[str, tuple[Scalar, ...]] = {}
        for entry in item.value.items:
            name = entry.key.lower()
            if entry.labels or not isinstance(entry.value, list) or name in found:
                raise self.fail(entry, f"{item.key} takes each name once, with a list of values")
            found[name] = tuple(value for value in entry.value if isinstance(value, str | bool))
            others = [_canonical(value) for value in entry.value if not isinstance(value, str | bool)]
            if others:
                # Whether a request's number equals one that is written here is the server's secret.
                found[name] = (*found[name], NOTHING)
                self.opaque.append(Condition(f"{item.key}: {name} {', '.join(others)}"))
        parameters = tuple(sorted(found.items()))
        if item.key == "allowed_parameters":
            self.allowed = parameters
        else:
            self.denied = parameters

    def take_required(self, item: Item) -> None:
        self.required = tuple(sorted({word.lower() for word in self.words(item)}))

    def take_duration(self, item: Item) -> None:
        text = item.value.text if isinstance(item.value, Number) else item.value
        if not isinstance(text, str) or _DURATION.fullmatch(text) is None or len(text) > 15:
            raise self.fail(item, f"{item.key} takes whole seconds, or a duration such as 5m")
        parts = re.findall(r"(\d+)([smhd]?)", text)
        self.wrapping[item.key] = sum(int(number) * _UNITS[unit or "s"] for number, unit in parts)

    def take_condition(self, item: Item) -> None:
        if item.value not in (Number("0"), [], ""):
            self.conditions.add(Condition(f"{item.key} {_canonical(item.value)}", item.key == "pagination_limit"))

    def take_filter(self, item: Item) -> None:
        self.opaque.append(Condition(f"{item.key} {_canonical(item.value)}", item.key != "subscribe_event_types"))

    def take_control_group(self, item: Item) -> None:
        self.control_group = f"control_group {_canonical(item.value)}"

    def take_expiration(self, item: Item) -> None:
        self.expires = item.value.text if isinstance(item.value, Number) else self.word(item)

    def take_comment(self, item: Item) -> None:
        self.word(item)


_FIELDS: Mapping[str, Callable[[_Block, Item], None]] = {
    "capabilities": _Block.take_capabilities,
    "policy": _Block.take_old,
    "allowed_parameters": _Block.take_parameters,
    "denied_parameters": _Block.take_parameters,
    "required_parameters": _Block.take_required,
    "min_wrapping_ttl": _Block.take_duration,
    "max_wrapping_ttl": _Block.take_duration,
    "mfa_methods": _Block.take_condition,
    "pagination_limit": _Block.take_condition,
    "list_scan_response_keys_filter_path": _Block.take_filter,
    "subscribe_event_types": _Block.take_filter,
    "control_group": _Block.take_control_group,
    "expiration": _Block.take_expiration,
    "comment": _Block.take_comment,
}


def _canonical(value: Tree) -> str:
    """A value as one line of text, the same for the same value."""
    if isinstance(value, Number):
        return value.text
    if isinstance(value, list):
        return f"[{', '.join(map(_canonical, value))}]"
    if isinstance(value, Object):
        entries = (f"{json.dumps([item.key, *item.labels])}: {_canonical(item.value)}" for item in value.items)
        return f"{{{', '.join(sorted(entries))}}}"
    return json.dumps(value)
