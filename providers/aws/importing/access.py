"""Policies as an intent's statements: what of them the language has, and what it lacks."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from providers.aws.access import Statement
from reconciler.model import Lacking
from reconciler.provider.wording import refusal

_READING = re.compile(r"[a-z0-9-]+:(?:Get|List|Describe|Head|BatchGet|Query|Scan|Select|Receive|Lookup|View)\w*")
_LACKING = {
    "Deny": Lacking(
        "it denies, and an intent only allows: its intent says more", "a Guardrail's `never` says what nobody may"
    ),
    "NotAction": Lacking("it has NotAction", "name the actions that are needed"),
    "NotResource": Lacking("it has NotResource", "name the resources that are needed"),
}


@dataclass(frozen=True, slots=True)
class Said:
    """What an intent says of some policies."""

    block: Mapping[str, Any] | None
    lacking: tuple[Lacking, ...]
    topic: str


def access_of(documents: Iterable[tuple[str, str | None]]) -> Said:
    """Of (name, document in normal form; None where it may not be read)."""
    statements: list[dict[str, Any]] = []
    lacking: list[Lacking] = []
    for name, document in documents:
        if document is None:
            lacking.append(Lacking(f"policy {name} can't be read", "grant iam:GetPolicyVersion to look at it"))
            continue
        for found in _statements(document):
            made = found if isinstance(found, Lacking) else _statement(found)
            if isinstance(made, Lacking):
                lacking.append(Lacking(f"policy {name}: {made.why}", made.help))
            elif made not in statements:
                statements.append(made)
    block = {"statements": statements} if statements else None
    return Said(block, tuple(dict.fromkeys(lacking)), _topic(statements))


def _statements(document: str) -> Iterator[Mapping[str, Any] | Lacking]:
    try:
        raw = json.loads(document)
    except ValueError:
        yield Lacking("it isn't understood", "write it as IAM documents it")
        return
    found = raw.get("Statement", ()) if isinstance(raw, dict) else ()
    yield from (one for one in ([found] if isinstance(found, dict) else found))


def _statement(found: Mapping[str, Any]) -> dict[str, Any] | Lacking:
    for name in ("NotAction", "NotResource"):
        if name in found:
            return _LACKING[name]
    if found.get("Effect") != "Allow":
        return _LACKING["Deny"]
    made: dict[str, Any] = {"actions": found.get("Action", ()), "resources": found.get("Resource", ())}
    if found.get("Condition"):
        made["conditions"] = {operator: _lone(keys) for operator, keys in found["Condition"].items()}
    if found.get("Sid"):
        made["sid"] = found["Sid"]
    return refusal(Statement, made) or made


def _lone(keys: Mapping[str, Any]) -> dict[str, Any]:
    """One value as people write it."""
    return {key: values[0] if len(values) == 1 else values for key, values in keys.items()}


def _topic(statements: Iterable[Mapping[str, Any]]) -> str:
    every = list(statements)
    names = [_place(resource) for one in every for resource in one["resources"]]
    named = next((name for name in names if name), "")
    services = [action.partition(":")[0] for one in every for action in one["actions"]]
    if not services:
        return ""
    reading = all(_READING.fullmatch(action) for one in every for action in one["actions"])
    return f"{named or services[0]}.{'read' if reading else 'write'}"


def _place(resource: str) -> str:
    """``orders-archive`` of ``arn:aws:s3:::orders-archive/*``."""
    parts = resource.split(":", 5)
    last = re.split(r"[/:]", parts[-1]) if len(parts) == 6 else []
    words = [word for word in last if word and "*" not in word and "$" not in word]
    known = {"table", "key", "role", "function", "log-group", "secret", "parameter", "topic", "queue", "user"}
    return next((word for word in words if word not in known), "")
