"""Policies as values, and the questions put to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

CAPABILITIES = ("create", "read", "update", "patch", "delete", "list", "scan", "subscribe", "recover", "sudo")
"""In the order of reports. ``scan`` is OpenBao's, ``subscribe`` and ``recover`` are HashiCorp Vault's."""
LISTING = frozenset({"list", "scan"})
"""Decided with and without the path's trailing slash."""
WITH_PARAMETERS = frozenset({"create", "read", "update", "patch"})
"""The server looks at parameters for these only."""
ROOT = "root"
"""The policy that is every right: it has no text."""

NOTHING = "\0"
"""Stands for values that aren't modelled: it keeps a parameter's list from being empty, which would be any value."""

Scalar: TypeAlias = str | bool
Parameters: TypeAlias = tuple[tuple[str, tuple[Scalar, ...]], ...]
"""Name in lower case → values (none: any), sorted by name. Empty: no constraint."""


class PolicyError(ValueError):
    """A policy's text that isn't understood; ``str()`` starts with ``line:column:``."""

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(f"{line}:{column}: {message}")
        self.message, self.line, self.column = message, line, column


class Undecided(Exception):  # noqa: N818
    """The answer hangs on something that isn't modelled: a template, an expiry, a control group."""


class Server(StrEnum):
    """Both look for LIST at a path with and without its trailing slash, in a different order."""

    OPENBAO = "OpenBao"
    VAULT = "HashiCorp Vault"


@dataclass(frozen=True, slots=True)
class Condition:
    """A further requirement that isn't modelled; two with the same text are the same."""

    text: str
    listing_only: bool = False

    def concerns(self, capability: str) -> bool:
        """Whether a request of that kind has to meet it."""
        return not self.listing_only or capability in LISTING


@dataclass(frozen=True, slots=True)
class Rule:
    """One path block."""

    path: str
    """As the server keeps it: without a leading slash."""
    capabilities: frozenset[str]
    """``deny`` alone where it is denied."""
    allowed: Parameters = ()
    denied: Parameters = ()
    required: tuple[str, ...] = ()
    """In lower case."""
    min_wrapping_ttl: int = 0
    """Seconds; 0 is none."""
    max_wrapping_ttl: int = 0
    conditions: frozenset[Condition] = frozenset()
    """What a request must meet besides."""
    control_group: str = ""
    """The block's text in normal form."""
    opaque: tuple[Condition, ...] = ()
    """What widens or narrows in ways that aren't modelled."""
    expires: str = ""
    """When it is gone (OpenBao)."""

    @property
    def templated(self) -> bool:
        """Whether the server fills in its path for each token."""
        return "{{" in self.path or "}}" in self.path

    @property
    def denies(self) -> bool:
        """Whether it is a deny."""
        return "deny" in self.capabilities


@dataclass(frozen=True, slots=True)
class Policy:
    """One policy of a token's set."""

    name: str
    rules: tuple[Rule, ...] = ()
    expires: str = ""
    """When all of it is gone (OpenBao's ``ttl`` and ``expiration`` beside the text); empty is never."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a token asks for."""

    capability: str
    path: str
    """Without ``v1/``."""
    parameters: Mapping[str, object] = field(default_factory=dict)
    """JSON values by name."""
    wrap_ttl: int | None = None
    """Seconds, if the reply is to be wrapped."""
