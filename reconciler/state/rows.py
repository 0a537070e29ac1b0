"""Records as rows of a database, each with the digest of its columns."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields
from itertools import islice
from sys import intern
from typing import Any, TypeAlias

from reconciler.model import Address, Applied, Resource, Retired, SystemRecord, Unfinished
from reconciler.state.codec import (
    decode_address,
    decode_observed,
    decode_origin,
    encode_address,
    encode_observed,
    encode_origin,
)
from reconciler.state.errors import StateError
from reconciler.state.lockinfo import LockInfo, now
from reconciler.state.retirement import decode_retired, encode_retired
from reconciler.state.schema import digest

Damaged: TypeAlias = Callable[[str], StateError]
"""Says where."""

_AT_ONCE = 1000
"""Rows decoded together."""
LOCK_COLUMNS = tuple(field.name for field in fields(LockInfo))


def system_row(environment: str, system: SystemRecord) -> tuple[str, ...]:
    """As ``schema.COLUMNS`` orders them."""
    observed = encode_observed(system.observed)
    columns = (
        environment,
        system.name,
        system.provider,
        json.dumps(system.settings, sort_keys=True),
        system.place,
        "" if observed is None else json.dumps(observed, sort_keys=True),
    )
    return (*columns, digest(columns))


def object_row(environment: str, applied: Applied, who: str) -> tuple[str, ...]:
    """The same, then when and by whom."""
    columns = (
        environment,
        *applied.resource.address,
        json.dumps(applied.resource.attributes, sort_keys=True),
        json.dumps(encode_origin(applied.origin)),
        json.dumps([encode_address(a) for a in applied.depends_on]),
        applied.native_id,
    )
    return (*columns, digest(columns), now(), who)


def unfinished_row(environment: str, one: Unfinished) -> tuple[str, ...]:
    """The same of a step that was begun."""
    columns = (environment, *one.address, one.phase, one.run, one.who, one.began)
    return (*columns, digest(columns))


def retirement_row(environment: str, one: Retired) -> tuple[str, ...]:
    """The same of a retirement."""
    columns = (environment, one.name, json.dumps(encode_retired(one), sort_keys=True))
    return (*columns, digest(columns))


def lock_row(environment: str, lock: LockInfo) -> tuple[object, ...]:
    """The environment, then LOCK_COLUMNS."""
    return (environment, *(getattr(lock, name) for name in LOCK_COLUMNS))


def objects_of(rows: Iterator[tuple[str, ...]], damaged: Damaged) -> dict[Address, Applied]:
    """The inverse of object_row. Raises StateError."""
    found: dict[Address, Applied] = {}
    while some := list(islice(rows, _AT_ONCE)):
        # Decoded together, objects share their keys: a third of the memory, and less time.
        columns = json.loads(f"[{','.join(f'[{row[4]},{row[5]},{row[6]}]' for row in some)}]")
        for row, (attributes, origin, depends_on) in zip(some, columns, strict=True):
            # Thousands of objects have the same few systems and types.
            address = Address(intern(row[1]), intern(row[2]), row[3])
            found[address] = _applied(Resource(address, attributes), origin, depends_on, row[7], damaged)
    return found


def systems_of(rows: Iterable[tuple[str, ...]]) -> dict[str, SystemRecord]:
    """The inverse of system_row."""
    return {row[1]: _system(row) for row in rows}


def _system(row: tuple[str, ...]) -> SystemRecord:
    observed = decode_observed(json.loads(row[5])) if row[5] else None
    return SystemRecord(row[1], row[2], json.loads(row[3]), row[4], observed)


def unfinished_of(rows: Iterable[tuple[str, ...]]) -> tuple[Unfinished, ...]:
    """The inverse of unfinished_row, in the order in which they were begun."""
    found = [Unfinished(Address(*row[1:4]), *row[4:8]) for row in rows]
    return tuple(sorted(found, key=lambda one: (one.began, one.address)))


def retirements_of(rows: Iterable[tuple[str, ...]]) -> dict[str, Retired]:
    """The inverse of retirement_row."""
    found = [decode_retired(json.loads(row[2])) for row in rows]
    return {one.name: one for one in found}


def _applied(resource: Resource, origin: Any, depends_on: Any, native_id: str, damaged: Damaged) -> Applied:
    decoded = decode_origin(origin)
    if decoded is None:
        raise damaged(str(resource.address))
    return Applied(resource, decoded, tuple(decode_address(item) for item in depends_on), native_id)
