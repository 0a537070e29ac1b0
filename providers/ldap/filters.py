"""Search filters (RFC 4515), made of quoted values only."""

from __future__ import annotations

from collections.abc import Iterable

from providers.ldap.names import BY_CLASS

_SPECIAL = frozenset("*()\\\0")


def quoted(value: str) -> str:
    """A value as it stands in a filter: all but plain letters and signs as bytes."""
    return "".join(
        "".join(f"\\{byte:02x}" for byte in one.encode("utf-8", "surrogatepass"))
        if one in _SPECIAL or not (one.isascii() and one.isprintable())
        else one
        for one in value
    )


def equals(attribute: str, value: str) -> str:
    """One attribute has one value."""
    return f"({attribute}={quoted(value)})"


def any_of(filters: Iterable[str]) -> str:
    """At least one of them."""
    return f"(|{''.join(filters)})"


GROUPS = any_of(equals("objectClass", name) for name in BY_CLASS)
"""Every kind of group that is known."""
ANYTHING = "(objectClass=*)"
