"""One entry of the audit record, and the one line of bytes that it is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

FORMAT = "writ-audit/1"
_FIELDS = ("format", "number", "time", "environment", "lineage", "run", "kind", "body", "previous", "hash")
_TEXTS = ("format", "time", "environment", "lineage", "run", "kind", "previous", "hash")


class Kind(StrEnum):
    """What an entry tells of."""

    RUN_BEGUN = "run.begun"
    """Who, what, by which plan, with whose approval. Before anything is written."""
    ACCESS = "access"
    """What the run's plan changes for one principal, with requests as witnesses."""
    STEP_BEGUN = "step.begun"
    """Before its call."""
    STEP_ENDED = "step.ended"
    """Once the state has it."""
    RUN_ENDED = "run.ended"
    RUN_REFUSED = "run.refused"
    """A run that would have begun, and why it didn't. Nothing was done."""
    STATE_EDITED = "state.edited"
    """What is recorded is about to be changed by hand, without any run."""
    UNLOCKED = "unlocked"
    """A run's lock was taken from it by hand."""
    ACCEPTED = "accepted"
    """The record was taken as it stands, though the state knew more of it."""
    MENDED = "mended"
    """A last line that a run which died never wrote whole was cut off."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry. ``body`` is JSON data without fractions and without secrets; its shape hangs on the kind."""

    number: int
    """From 1."""
    time: str
    """UTC, ISO 8601, by the clock of whoever ran."""
    environment: str
    lineage: str
    """The state's when the run began; empty before anything was ever recorded."""
    run: str
    """The id of the lock that the run, or whoever worked on the record by hand, held."""
    kind: Kind
    body: Mapping[str, Any]
    previous: str
    """The hash of the entry before; of the first, ``genesis``."""
    hash: str = ""
    """SHA-256 of all the rest, ``previous`` included, in hex."""


def genesis(environment: str, lineage: str) -> str:
    """What stands before the first entry: it is of this environment and this state only."""
    return hashlib.sha256(f"{FORMAT}\n{environment}\n{lineage}".encode("utf-8", "surrogatepass")).hexdigest()


def sealed(entry: Entry) -> Entry:
    """With its hash."""
    return replace(entry, hash=_hash(_data(entry)))


def encode(entry: Entry) -> bytes:
    """The line of a sealed entry."""
    return canonical(as_data(entry)) + b"\n"


def decode(line: bytes) -> Entry:
    """The inverse. Raises ValueError for whatever differs in any byte from what ``encode`` wrote."""
    if not line.endswith(b"\n"):
        raise ValueError("not written whole")
    try:
        data = json.loads(line)
    except RecursionError:
        raise ValueError("nested too deep") from None
    if not isinstance(data, dict) or data.keys() != set(_FIELDS) or not isinstance(data["body"], dict):
        raise ValueError("no entry")
    if type(data["number"]) is not int or not all(isinstance(data[name], str) for name in _TEXTS):
        raise ValueError("a field of another kind")
    if data.pop("format") != FORMAT:
        raise ValueError("another format")
    entry = Entry(**data | {"kind": Kind(data["kind"])})
    if line != encode(entry) or entry.hash != _hash(_data(entry)):
        raise ValueError("its hash is another")
    return entry


def canonical(data: Mapping[str, Any]) -> bytes:
    """The one way to write these data: keys sorted, no blanks, ASCII only."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode("ascii")


def as_data(entry: Entry) -> dict[str, Any]:
    """As JSON data, the hash included."""
    return _data(entry) | {"hash": entry.hash}


def _data(entry: Entry) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "number": entry.number,
        "time": entry.time,
        "environment": entry.environment,
        "lineage": entry.lineage,
        "run": entry.run,
        "kind": entry.kind.value,
        "body": dict(entry.body),
        "previous": entry.previous,
    }


def _hash(data: Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical(data)).hexdigest()
