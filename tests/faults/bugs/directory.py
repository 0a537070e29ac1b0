"""In LDAP's provider."""

from __future__ import annotations

import functools
from typing import Any

from providers.ldap import membership
from providers.ldap.entry import Modification
from providers.ldap.keys import MembershipKey
from tests.faults.bugs.registry import bug, first

_in_the_directory = functools.partial(bug, example="directory")
_JANE = "uid=jane,ou=people,dc=example,dc=com"


@_in_the_directory(by="orphans")
def a_member_is_not_taken_out() -> None:
    membership.MembershipType.delete = lambda *_: None  # type: ignore[method-assign]
    membership.MembershipType.read = lambda *_: None  # type: ignore[method-assign]


def _changing(name: str, change: Any) -> None:
    """What one of the functions that work out a group's changes says, otherwise."""
    whole = getattr(membership, name)

    def wrapped(*arguments: Any) -> Any:
        changes = whole(*arguments)
        return lambda group: change(group, changes(group), *arguments)

    setattr(membership, name, wrapped)


@_in_the_directory(by="orphans")
def the_note_of_an_end_outlives_its_member() -> None:
    _changing("leaving", lambda group, found, *_: [one for one in found if one.attribute != "description"])


@_in_the_directory(by="lost")
def a_group_is_written_as_a_whole() -> None:
    def alone(group: Any, found: Any, *_: Any) -> Any:
        others = [Modification(name, value, adds=False) for name, value in group.values if name == group.attribute]
        return [*others, *found] if found else found

    _changing("joining", alone)


@_in_the_directory("ldap modify", by="let_in")
def a_person_is_in_for_a_moment() -> None:
    def generous(client: Any, desired: Any) -> None:
        key = MembershipKey.parse(desired.address.key)
        assert key is not None
        if key.group.startswith("cn=writ-"):
            client.modify(key.group, [Modification("member", _JANE, adds=True)])
            client.modify(key.group, [Modification("member", _JANE, adds=False)])

    first(membership.MembershipType, "create", generous)


@_in_the_directory("ldap modify", by="let_in")
def who_goes_goes_last() -> None:
    """Into another group first, that nothing wants it in, so that it is never in none."""

    def elsewhere(client: Any, before: Any) -> None:
        key = MembershipKey.parse(before.resource.address.key)
        assert key is not None
        group = "cn=directory-admins,ou=groups,dc=example,dc=com"
        client.modify(group, [Modification("member", key.member, adds=True)])
        client.modify(group, [Modification("member", key.member, adds=False)])

    first(membership.MembershipType, "delete", elsewhere)
