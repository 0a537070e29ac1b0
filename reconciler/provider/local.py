"""A provider's server on loopback, for `writ sandbox`, the demo and the tests."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reconciler.model import Value
    from reconciler.provider.demand import LoginTarget, Scope


@dataclass(frozen=True, slots=True)
class LoginBackend:
    """Where a minting system makes logins: a database and the login that may make more."""

    engine: str
    """``postgresql``."""
    host: str
    port: int
    database: str
    username: str
    password: str
    plugin: str = ""
    """The minting system's name for what makes logins there; empty: as it calls the engine."""
    url: str = ""
    """How that reaches the database, with ``{{username}}`` and ``{{password}}``; empty: as PostgreSQL's URLs are."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A system made ready: the connection block for the operator, and what a minting system needs."""

    connection: Mapping[str, Value]
    backend: LoginBackend | None = None


@dataclass(frozen=True, slots=True)
class LocalWorld:
    """What the servers of one sandbox know of each other."""

    operator_issuer: str
    """``iss`` of the operator's tokens."""
    operator_subject: str
    jwks_url: str
    """Keys of the sandbox's issuer, for operator and workload tokens alike."""
    operator_token: Callable[[str], str]
    """Audience → a signed token of the operator."""
    token_command: Callable[[str], Sequence[str]]
    """Audience → a command line that prints such a token: goes into the connections file, so no secret does."""
    backends: Sequence[tuple[LoginTarget, LoginBackend]] = ()
    """Logins that this system is asked to mint."""


class LocalServer(ABC):
    """One server on loopback, on free ports. Its processes end when this process ends, however it ends."""

    provider: str

    @abstractmethod
    def start(self, folder: Path) -> None:
        """Start with fresh data in ``folder``, and return when it answers. Raises LocalServerError within 60 s."""

    @abstractmethod
    def prepare(self, scope: Scope[Any], world: LocalWorld, seed: Path | None) -> Prepared:
        """Make what the operator of ``scope`` would have: a database, mounts, an operator's login.

        ``seed`` is a folder with the example's data: ``<system>.sql`` or ``<system>.seed`` (JSON).
        """

    @property
    def missing(self) -> str:
        """Why it can't be had on this machine, and the way out; empty where it can. A sandbox then does without it."""
        return ""

    @property
    def version(self) -> str:
        """What runs, for people, once started: ``OpenBao 2.7.2``."""
        return self.provider

    @property
    def endpoint(self) -> str:
        """Where it listens, for people, once started."""
        return ""

    @property
    @abstractmethod
    def pids(self) -> tuple[int, ...]:
        """Processes that it started."""

    @abstractmethod
    def stop(self) -> None:
        """Stop them and wait, at most 10 s, then kill. Harmless when repeated."""


class LocalServerError(Exception):
    """A server that can't be started or prepared: what, and the way out."""
