"""Retiring a standing principal: what a provider that can do it is asked. All of it is optional."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol, Self

from reconciler.model import Address, Resource
from reconciler.provider.demand import Pair
from specs.retirement import Replacement
from specs.source import SourceSpan


@dataclass(frozen=True, slots=True)
class Retiring:
    """A principal that the specs want to be gone."""

    principal: str
    """Its name, as the system writes it."""
    heir: str = ""
    """Who gets what it owns; empty where the specs name nobody."""
    before: Resource | None = None
    """As it was before it was locked, where that is recorded: what undoing is to restore."""


@dataclass(frozen=True, slots=True)
class Retirement:
    """A standing principal that is to go, as the specs say it."""

    name: str
    address: Address
    retiring: Retiring
    replaced_by: tuple[Replacement, ...]
    quarantine: int
    """Seconds."""
    unused_for: int
    """Seconds."""
    span: SourceSpan | None


@dataclass(frozen=True, slots=True)
class Unfit:
    """Why a principal can't be retired, by the specs alone."""

    field: str
    """The Retirement's field that is about it: ``principal``."""
    message: str
    help: str


@dataclass(frozen=True, slots=True)
class Minted:
    """A login that another system made for an agent."""

    username: str
    password: str = field(repr=False)


class AgentSession(Protocol):
    """An agent that is logged in. All calls raise ProviderError; leaving the block ends what it was given."""

    @property
    def told(self) -> str:
        """As whom, for people. Holds no secret."""
        ...

    def mint(self, pair: Pair, requester: str) -> Minted:
        """The login that a pair is given for another system (LoginRequest.requester)."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None: ...
