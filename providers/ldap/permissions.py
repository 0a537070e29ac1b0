"""The least privilege that plan and apply need: rules of slapd for its administrator (slapd.access(5))."""

from __future__ import annotations

import re
from collections.abc import Iterator

from providers.ldap.dn import escaped, joined, normal, parse
from providers.ldap.settings import LdapSettings
from reconciler.provider import NOTHING_BEYOND, Beyond, Rights, Scope

_MEMBERS = "member,uniqueMember,memberUid,description"
_READ = f"entry,objectClass,cn,gidNumber,entryUUID,ref,{_MEMBERS}"
_ACCOUNTS = "entry,objectClass,uid,cn,gidNumber,loginShell,createTimestamp,pwdLastSuccess"
_POLICIES = "pwdChangedTime,pwdEndTime,pwdAccountLockedTime,pwdReset,pwdPolicySubentry,pwdMaxAge,pwdLockout"
_SEEING = (
    "the rules come before those that are there: in cn=config as {0}to …, {1}to … of olcAccess and as olcLimits",
    "to search userPassword tells whether there is one, and no value of it",
    "the line with pwdChangedTime is for a server with the overlay ppolicy: others don't know these names",
    "with the overlay slapo-lastbind, authTimestamp besides",
    "the line with cn=Monitor belongs to the database monitor, where there is one: it tells who is connected",
    "accounts that are named differently than by uid, cn: their naming attribute besides",
)
_LEAVING = (
    "the line with cn=Monitor belongs to the database monitor: it tells who is connected; with slapo-lastbind the line "
    "before it takes authTimestamp, too"
)
_NOTES = (
    "the rules come before those that are there: in cn=config as {0}to …, {1}to … of olcAccess and as olcLimits",
    "{login} stands for Writ's own entry, which lies outside {accounts}",
    "groups that must stay out of reach lie outside {base}: below it this login can put anybody into any group",
)


def rights(scope: Scope[LdapSettings], *, writing: bool, beyond: Beyond = NOTHING_BEYOND) -> Rights:
    """The rules for a scope."""
    settings = scope.settings
    login = f"cn=iam-operator,{suffix(settings.base)}"
    text = "".join(f"access {rule}\n" for rule in rules(settings, login, writing=writing))
    text += "".join(f"access {rule}\n" for rule in _retiring(beyond, login))
    text += f"limits {limits(login)}\n"
    told = (*(_NOTES if writing else _NOTES[:2]), *((_LEAVING,) if beyond.retiring else ()))
    notes = tuple(
        note.replace("{login}", login).replace("{accounts}", settings.accounts).replace("{base}", settings.base)
        for note in told
    )
    return Rights("slapd.access(5)", text, notes)


def _retiring(beyond: Beyond, login: str) -> Iterator[str]:
    """To see an account that is to go, when it was last used, and who is connected."""
    who = f'by dn.exact="{_quoted(login)}" read by * break'
    for one in beyond.retiring:
        account = _quoted(normal(one.principal))
        yield f'to dn.exact="{account}" attrs=entry,objectClass,uid,gidNumber,entryUUID,pwdLastSuccess {who}'
    if beyond.retiring:
        yield f'to dn.subtree="cn=Monitor" {who}'


def inventory_rights(scope: Scope[LdapSettings]) -> Rights:
    """The rules for a login that makes an inventory."""
    root = suffix(scope.settings.base)
    login = f"cn=iam-auditor,{root}"
    text = "".join(f"access {rule}\n" for rule in inventory_rules(scope.settings, login))
    notes = tuple(note.replace("{login}", login) for note in _SEEING)
    return Rights("slapd.access(5)", f"{text}limits {limits(login)}\n", notes)


def inventory_rules(settings: LdapSettings, login: str) -> tuple[str, ...]:
    """The same, as ``olcAccess`` takes them; the last two need what their notes say."""
    who = f'by dn.exact="{_quoted(login)}"'
    base, root = _quoted(settings.base), _quoted(suffix(settings.base))
    return (
        f'to dn.subtree="{base}" attrs={_READ} {who} read by * break',
        f'to dn.subtree="{root}" attrs={_ACCOUNTS} {who} read by * break',
        f'to dn.subtree="{root}" attrs=userPassword {who} search by * break',
        f'to dn.subtree="{root}" attrs={_POLICIES} {who} read by * break',
        f'to dn.subtree="cn=Monitor" {who} read by * break',
    )


def rules(settings: LdapSettings, login: str, *, writing: bool) -> tuple[str, ...]:
    """What ``access`` or ``olcAccess`` takes, in this order."""
    who = f'by dn.exact="{_quoted(login)}"'
    base, accounts = _quoted(settings.base), _quoted(settings.accounts)
    ours = f"^cn={_regex(escaped(settings.group_prefix))}[^,]*,{_regex(settings.base)}$"
    found: list[str] = []
    if writing:
        found = [
            f'to dn.exact="{base}" attrs=children {who} write by * break',
            f'to dn.regex="{_quoted(ours)}" {who} write by * break',
            f'to dn.subtree="{base}" attrs={_MEMBERS} {who} write by * break',
        ]
    return (
        *found,
        f'to dn.subtree="{base}" attrs={_READ} {who} read by * break',
        f'to dn.subtree="{accounts}" attrs=entry,objectClass,uid,gidNumber,entryUUID {who} read by * break',
    )


def limits(login: str) -> str:
    """What ``limits`` or ``olcLimits`` takes: a search of all groups is longer than servers allow."""
    return f'dn.exact="{_quoted(login)}" size=unlimited time=unlimited'


def suffix(dn: str) -> str:
    """The root that a DN most likely lies under: its domain, or its last RDN."""
    rdns = parse(dn)
    first = next((at for at, rdn in enumerate(rdns) if all(kind == "dc" for kind, _ in rdn)), len(rdns) - 1)
    return joined(rdns[first:])


def _quoted(text: str) -> str:
    """As it stands between double quotes in slapd's configuration (slapd.conf(5))."""
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _regex(dn: str) -> str:
    return re.sub(r"([.*+?^$|()\[\]{}\\])", r"\\\1", dn)
