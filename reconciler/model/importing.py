"""What stands in a system, in the words of the specs: what `import` makes documents of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.model.address import Address

LONGEST = 768 * 3600
"""Seconds: no TTL is longer."""


@dataclass(frozen=True, slots=True)
class Lacking:
    """Something that the specs can't say: why, and what to do. For people."""

    why: str
    help: str = ""


@dataclass(frozen=True, slots=True)
class Vouched:
    """The workload that a principal trusts: one subject of one issuer, with one audience."""

    issuer: str
    """The exact ``iss``: a URL."""
    subject: str
    audience: str
    keys: Mapping[str, Any] = field(default_factory=dict)
    """Where the system has the issuer's keys from, as an Environment's issuer says it; empty where it doesn't tell."""
    place: str = ""
    """Where in the system the issuer stands already, for Provider.accepting; empty where that is Writ's own."""


@dataclass(frozen=True, slots=True)
class Said:
    """What an object of Writ's says of the specs that it was made from; empty where it says nothing."""

    agent: str = ""
    intent: str = ""
    owner: str = ""
    purpose: str = ""
    """The agent's."""
    use: str = ""
    """The intent's purpose."""
    ttl: int = 0
    """Seconds."""


@dataclass(frozen=True, slots=True)
class Importable:
    """One principal: who it is, and what it may do."""

    address: Address
    kind: str
    """For people: ``JWT role``."""
    name: str
    access: tuple[Mapping[str, Any], ...] = ()
    """Items of an intent's ``access``, as written, without ``system``."""
    vouched: Vouched | None = None
    """None: no workload proves itself for it."""
    names: Mapping[str, Any] = field(default_factory=dict)
    """What an agent's intent says under ``names`` of this system, so that these very objects are meant."""
    ttl: tuple[int, int] = (1, LONGEST)
    """Seconds: between which two a pair's TTL lies for which Writ would make it as it is."""
    topic: str = ""
    """What its access is about, as an intent is called: ``orders.read``. Empty where nothing suggests one."""
    said: Said = field(default_factory=Said)
    lacking: tuple[Lacking, ...] = ()
    """Why it can't be an agent's, or what of its access ``access`` doesn't say."""


@dataclass(frozen=True, slots=True)
class Left:
    """What was found and isn't an agent's in the documents, and why."""

    address: Address
    kind: str
    lacking: Lacking
    intent: str = ""
    """The intent that says its access, where one does."""


@dataclass(frozen=True, slots=True)
class Drafted:
    """One document that was written."""

    kind: str
    name: str
    data: Mapping[str, Any]
    of: tuple[Address, ...] = ()
    """The principals that it comes from."""
