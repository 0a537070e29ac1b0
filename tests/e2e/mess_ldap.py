"""What is planted by hand, as LDIF, in the example directory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from providers.ldap.client import LdapClient
from providers.ldap.entry import Modification
from providers.ldap.ldif import entries_of
from tests.e2e.mess import Habit, Mess

ROOT = "dc=example,dc=com"
_STATIC = ("static", "never-expires")
_WIDE = (*_STATIC, "over-wide")
ADMINS, METRICS = f"cn=directory-admins,ou=groups,{ROOT}", f"cn=metrics,ou=legacy,ou=groups,{ROOT}"
_PLACES = """\
dn: ou=services,{root}
objectClass: organizationalUnit
ou: services
"""
_GROUPS = """\
dn: cn=sudoers,ou=groups,{root}
objectClass: posixGroup
cn: sudoers
gidNumber: 6100
memberUid: svc-backup

dn: cn=oncall,ou=groups,{root}
objectClass: groupOfNames
cn: oncall
member: uid=joe,ou=people,{root}
member: uid=svc-nested,ou=services,{root}

dn: cn=readers,ou=groups,{root}
objectClass: groupOfUniqueNames
cn: readers
uniqueMember: uid=svc-wiki,ou=services,{root}
uniqueMember: uid=svc-shell,ou=services,{root}
"""
_MACHINE = """\
dn: uid={name},ou={place},{root}
objectClass: account
objectClass: simpleSecurityObject
uid: {name}
userPassword: {password}
"""
_SHELL = """\
dn: uid={name},ou={place},{root}
objectClass: account
objectClass: posixAccount
uid: {name}
cn: {name}
uidNumber: 7001
gidNumber: {gid}
homeDirectory: /home/{name}
loginShell: /bin/bash
userPassword: {password}
"""
_PERSON = """\
dn: uid={name},ou={place},{root}
objectClass: inetOrgPerson
uid: {name}
cn: {name}
sn: {name}
userPassword: {password}
"""
ACCOUNTS: dict[str, tuple[str, str, Habit, tuple[str, ...]]] = {
    "svc-wiki": ("services", _MACHINE, Habit.ENDLESS, _STATIC),
    "svc-ci": ("services", _MACHINE, Habit.ADMINISTRATOR, _WIDE),
    "svc-nested": ("services", _MACHINE, Habit.HIDDEN, _WIDE),
    "svc-backup": ("services", _MACHINE, Habit.ADMINISTRATOR, _WIDE),
    "svc-shell": ("services", _SHELL, Habit.PERSON, (*_STATIC, "human-use")),
    "svc-gid": ("services", _SHELL.replace("{gid}", "6100"), Habit.HIDDEN, (*_WIDE, "human-use")),
    "old-bot": ("agents", _MACHINE, Habit.ENDLESS, _STATIC),
    "copied-bot": ("agents", _PERSON, Habit.PERSON, (*_STATIC, "human-use")),
    "joe": ("people", _PERSON, Habit.HIDDEN, _WIDE),
    "sue": ("people", _PERSON, Habit.ADMINISTRATOR, _WIDE),
}
_IN_ADMINS = (f"uid=svc-ci,ou=services,{ROOT}", f"cn=oncall,ou=groups,{ROOT}", f"uid=sue,ou=people,{ROOT}")


@contextmanager
def planted(hands: LdapClient) -> Iterator[Mess]:
    """Planted by the administrator; entries and values are taken away by the slate."""
    mess = Mess()
    texts = [_PLACES.format(root=ROOT)]
    for name, (place, form, habit, classes) in ACCOUNTS.items():
        password = mess.secret(f"geheim-{len(mess.secrets)}-Zk3xQ9vB")
        texts.append(form.format(root=ROOT, name=name, place=place, password=password, gid=7000))
        mess.expect(f'directory.ldap_account["uid={name},ou={place},{ROOT}"]', habit, *classes)
    texts.append(_GROUPS.format(root=ROOT))
    for dn, attributes in entries_of("\n".join(texts)):
        hands.add(dn, attributes)
    hands.modify(ADMINS, [Modification("member", one, adds=True) for one in _IN_ADMINS])
    yield mess
