"""The exact least privilege that plan and apply need, as an ACL policy for the operator's login."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from providers.vault.methods import FOLDERS, READ
from providers.vault.names import JWT_ROLE, POLICY, split_last
from providers.vault.retiring.look import FOLDERS as LEAVING
from providers.vault.settings import VaultLogin, VaultSettings
from reconciler.provider import NOTHING_BEYOND, Beyond, Rights, Scope

_Rules: TypeAlias = dict[str, tuple[str, str]]
"""Path → capabilities that reading needs, and those that writing needs besides."""

_EVERYWHERE: Mapping[str, tuple[str, str]] = {
    "auth/token/lookup-self": ("read", ""),
    # Ends our own login.
    "auth/token/revoke-self": ("update", ""),
    "sys/auth": ("read", ""),
    # OpenBao lists policies with their texts; HashiCorp Vault only their names.
    "sys/policies/detailed/acl": ("list", ""),
    "sys/policies/acl": ("list", ""),
    "identity/entity": ("", "create update"),
    "identity/entity/id": ("list", ""),
    "identity/entity/id/*": ("read", "update delete"),
    "identity/entity-alias": ("", "create update"),
    "identity/entity-alias/id/*": ("", "delete"),
    # A read that the API wants as a write.
    "identity/lookup/entity": ("create update", ""),
    # Beside the scope: who else gives a policy of ours.
    "identity/group/id": ("list", ""),
    **{f"auth/+/{folder}/": ("list", "") for folder in sorted({one for found in FOLDERS.values() for one in found})},
    **{f"auth/+/{folder}/+": ("read", "") for folder in sorted({one for found in READ.values() for one in found})},
    "identity/group/id/*": ("read", "update"),
    "identity/group/name/*": ("read", ""),
}
_STANDING: Mapping[str, str] = {
    # With a slash at its end, where a rule of + would be nearer.
    "auth/+/role/": "list",
    "auth/+/role/+": "read",
    "auth/+/role/+/secret-id": "list",
    # Reads that the API wants as writes: by accessor, so that no secret is in them.
    "auth/+/role/+/secret-id-accessor/lookup": "create update",
    "auth/+/users/": "list",
    "auth/+/users/+": "read",
    "auth/token/accessors": "list sudo",
    "auth/token/lookup-accessor": "create update",
    "auth/token/lookup-self": "read",
    "auth/token/revoke-self": "update",
    "auth/token/roles/": "list",
    "auth/token/roles/+": "read",
    "sys/auth": "read",
    "sys/leases/lookup": "create update",
    "sys/leases/lookup/*": "list sudo",
    "sys/mounts": "read",
    "sys/policies/acl/+": "read",
    "+/roles": "list",
    "+/static-roles/": "list",
    "+/static-roles/+": "read",
    # What KV of version 2 says of a secret; its values are under data.
    "+/metadata/*": "read list",
}
"""Path → capabilities that an inventory needs."""
_ORDER = ("create", "read", "update", "delete", "list", "sudo")
_NOTES = (
    "sys/policies/acl/PREFIX* is the power to write policies: whoever can also bind one can read everything",
    "ids are random, so that identity/entity/id/* and identity/group/id/* can't be narrowed to the prefix",
    "sudo: servers ask for it where an auth mount is made, and to end leases by prefix",
)
_SEEING = (
    "no rule reads a secret's value: those of KV are under data, and accessors give no token",
    "+ is one segment: for a mount such as auth/team/approle or team/kv add the same rules with its whole path",
    "a KV mount of version 1 has no metadata: to see its secrets' names add list on its path and /*",
    "sudo: servers ask for it where all tokens or all leases are listed",
)
_LEAVING = (
    "list with sudo on auth/token/accessors shows whether a login that is retired is in use: take these rules away "
    "once it is gone"
)
_BESIDE = (
    "auth/+/…, identity/group/id (list), …/roles/* find who outside the scope gives what is Writ's: each can be left "
    "out, and the plan then says what wasn't looked at (W445); a mount of several segments needs rules of its own"
)
_ALONE = "beside a broader policy of the same token (auth/*) a rule with + wins and narrows it: give Writ its own login"
_FOREIGN = (
    "HashiCorp Vault lists no policies' texts: where somebody gives a login of ours a policy outside the prefix, "
    "without read on sys/policies/acl/NAME the plan says that it is unknown what it allows"
)


def rights(scope: Scope[VaultSettings], *, writing: bool, beyond: Beyond = NOTHING_BEYOND) -> Rights:
    """The policy for a scope and the database connections that mint other systems' logins."""
    targets = [VaultLogin.model_validate(dict(target.options)) for target in scope.login_targets]
    rules = _rules(scope.settings, {(one.mount, one.connection) for one in targets})
    for path, (reading, more) in sorted(_beyond(scope.settings, beyond).items()):
        known = rules.get(path, ("", ""))
        rules[path] = (f"{known[0]} {reading}", f"{known[1]} {more}")
    text = _text(rules, writing=writing)
    leaving = (_LEAVING,) if beyond.retiring else ()
    notes = tuple(note.replace("PREFIX", scope.settings.policy_prefix) for note in _NOTES) if writing else ()
    return Rights("HCL", text, (*notes, *leaving, _BESIDE, _ALONE, _FOREIGN))


def inventory_rights() -> Rights:
    """The policy with which an inventory sees everything at mounts of one segment."""
    blocks = (_block(path, _capabilities(_STANDING[path], "", writing=False)) for path in sorted(_STANDING))
    return Rights("HCL", "".join(blocks), (*_SEEING, _ALONE))


def operator_policy(settings: VaultSettings, connections: Iterable[tuple[str, str]]) -> str:
    """The policy with which to apply."""
    return policy(settings, connections, writing=True)


def policy(settings: VaultSettings, connections: Iterable[tuple[str, str]], *, writing: bool) -> str:
    """The policy in HCL, for the scope and the database connections (mount, name) that mint its logins."""
    return _text(_rules(settings, set(connections)), writing=writing)


def _beyond(settings: VaultSettings, beyond: Beyond) -> _Rules:
    """Roles and policies that stood before Writ; AppRoles and users that are to go, and tokens that are alive."""
    rules: _Rules = {}
    for one in beyond.named:
        key = one.address.key
        if one.address.type == POLICY:
            rules[f"sys/policies/acl/{key}"] = ("read", "create update delete")
        elif one.address.type == JWT_ROLE:
            mount, name = split_last(key)
            if mount not in settings.mounts:
                rules[f"auth/{mount}/role/{name}"] = ("read", "create update delete")
    for principal in beyond.retiring:
        mount, name = split_last(principal.principal)
        for kind, folder in LEAVING.items():
            # What is mounted there is asked of the server; at a mount that is called as its type is known.
            if mount not in LEAVING or mount == kind:
                rules[f"auth/{mount}/{folder}/{name}"] = ("read", "update delete")
    if beyond.retiring:
        rules |= {"auth/token/accessors": ("list sudo", ""), "auth/token/lookup-accessor": ("create update", "")}
    return rules


def _text(rules: _Rules, *, writing: bool) -> str:
    blocks = ((path, _capabilities(*rules[path], writing=writing)) for path in sorted(rules))
    return "".join(_block(path, capabilities) for path, capabilities in blocks if capabilities)


def _rules(settings: VaultSettings, connections: set[tuple[str, str]]) -> _Rules:
    prefix = settings.policy_prefix
    rules = dict(_EVERYWHERE)
    rules[f"sys/policies/acl/{prefix}*"] = ("read", "create update delete")
    rules[f"identity/entity/name/{prefix}*"] = ("read", "")
    for mount in settings.mounts:
        rules |= {
            f"sys/auth/{mount}": ("", "create update delete sudo"),
            f"sys/mounts/auth/{mount}/tune": ("", "update"),
            f"auth/{mount}/config": ("read", "create update"),
            f"auth/{mount}/role": ("list", ""),
            f"auth/{mount}/role/*": ("read", "create update delete"),
        }
    for mount in settings.existing_auth_mounts.values():
        rules |= {f"auth/{mount}/config": ("read", ""), f"auth/{mount}/role/*": ("read", "")}
    mounts = {mount for mount, _ in connections} | set(settings.database_mounts)
    if mounts:
        rules["sys/mounts"] = ("read", "")
    for mount in mounts:
        rules |= {
            f"{mount}/roles": ("list", ""),
            # Beside the scope: whose logins may join roles of ours.
            f"{mount}/roles/*": ("read", ""),
            f"{mount}/static-roles": ("list", ""),
            f"{mount}/static-roles/*": ("read", ""),
            f"{mount}/roles/{prefix}*": ("read", "create update delete"),
            f"sys/leases/revoke-prefix/{mount}/creds/{prefix}*": ("", "update sudo"),
        }
    for mount, name in connections:
        rules[f"{mount}/config/{name}"] = ("read", "update")
    return rules


def _capabilities(reading: str, more: str, *, writing: bool) -> list[str]:
    found = {*reading.split(), *(more.split() if writing else ())}
    return [name for name in _ORDER if name in found]


def _block(path: str, capabilities: Iterable[str]) -> str:
    names = ", ".join(f'"{name}"' for name in capabilities)
    return f'path "{path}" {{ capabilities = [{names}] }}\n'
