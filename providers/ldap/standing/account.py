"""One account as facts: its groups, its password as far as that is told, and what shows that a person uses it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from providers.ldap.effective.changes import NESTED
from providers.ldap.entry import Entry
from providers.ldap.standing.policies import Password
from providers.ldap.standing.sessions import Live
from providers.ldap.standing.times import moment
from reconciler.model import Address, Holds, Side, Standing, Value, Whose, Width, Witness

_PERSONS = frozenset({"person", "organizationalperson", "inetorgperson", "residentialperson"})
_NO_SHELLS = ("nologin", "false", "sync", "true", "null")


class Held(NamedTuple):
    """What an account may do: for Provider.covering."""

    account: str
    groups: frozenset[str]
    """By itself or by others."""


@dataclass(frozen=True, slots=True)
class Found:
    """What else was found of an account."""

    groups: Mapping[str, str]
    """Group → the one by which it is in it; empty where it is by itself."""
    privileged: frozenset[str]
    has_password: bool | None
    password: Password
    live: Live | None
    machine: bool
    """Whether it stands among the agents' accounts."""


def is_person(entry: Entry) -> bool:
    """Whether its class says that it is somebody's own."""
    return bool({one.lower() for one in entry.all("objectClass")} & _PERSONS)


def standing(address: Address, entry: Entry, found: Found, whose: Whose) -> Standing:
    """The account. Of a person in a privileged group, only that is told."""
    live, password = found.live or Live(), found.password
    signs = [moment(entry.one(name)) for name in ("authTimestamp", "pwdLastSuccess")]
    used = [one for one in (*signs, live.last) if one is not None]
    machine = found.machine or not is_person(entry)
    return Standing(
        address,
        "directory account",
        principals=(address.key,),
        whose=whose,
        holds=Holds.CREDENTIAL if found.has_password else Holds.NOTHING,
        enabled=not password.locked,
        created=password.changed or moment(entry.one("createTimestamp")),
        last_used=max(used, default=None),
        expires=password.expires,
        endless=bool(found.has_password) and password.endless,
        widths=tuple(_widths(found)),
        users=live.users,
        people=tuple(_people(entry)) if machine else (),
        facts=_facts(entry, found, live),
        access=Held(address.key, frozenset(found.groups)) if found.groups else None,
    )


def _widths(found: Found) -> Iterator[Width]:
    for group, by in sorted(found.groups.items(), key=lambda item: (bool(item[1]), item[0])):
        if group in found.privileged:
            note = NESTED.format(group=by) if by else ""
            yield Width(Side.REACH, Witness(f"be member of {group}", certain=not by, note=note))


def _people(entry: Entry) -> Iterator[str]:
    if is_person(entry):
        yield "its entry is a person's (inetOrgPerson or the like)"
    shell = entry.one("loginShell")
    if shell and not shell.rstrip("/").endswith(_NO_SHELLS):
        yield f"a shell to log in with: {shell}"


def _facts(entry: Entry, found: Found, live: Live) -> dict[str, Value]:
    own = sorted(group for group, by in found.groups.items() if not by)
    facts: dict[str, Value] = {"groups": own, "by_others": sorted(found.groups.keys() - set(own))}
    facts |= {"object_classes": sorted(entry.all("objectClass")), "has_password": found.has_password}
    facts |= {"made": entry.one("createTimestamp"), "password_changed": entry.one("pwdChangedTime")}
    facts |= {"locked_since": entry.one("pwdAccountLockedTime"), "sessions": live.number}
    return facts | {"must_change_its_password": entry.one("pwdReset").upper() == "TRUE"}
