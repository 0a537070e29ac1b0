"""Whether an access and a ``never`` may be about one group, by what is written alone."""

from __future__ import annotations

from providers.ldap.access import LdapAccess, LdapNever
from providers.ldap.dn import escaped, name_of
from specs.glob import matches


def overlap(access: LdapAccess, never: LdapNever) -> str | None:
    """A group that both name. A name may be anywhere, so a DN that starts with it counts."""
    for group in access.groups:
        for pattern in never.groups:
            if _may_be(pattern, group):
                return f"be member of {group}"
    return None


def forbids(never: LdapNever, group: str) -> bool:
    """Whether a group, by its DN in normal form, is one that a guardrail names."""
    return any(matches(pattern, group if "=" in pattern else name_of(group)) for pattern in never.groups)


def _may_be(pattern: str, group: str) -> bool:
    if "=" in group:
        return matches(pattern, group if "=" in pattern else name_of(group))
    if "=" not in pattern:
        return matches(pattern, group)
    # Its base isn't known here: its own RDN must fit, or a wildcard reaches over it.
    first = pattern.partition(",")[0]
    return "*" in first or matches(first, f"cn={escaped(group)}")
