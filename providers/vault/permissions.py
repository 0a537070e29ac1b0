"""The exact least privilege that plan and apply need, as an ACL policy for the operator's login."""

from __future__ import annotations

from collections.abc import Iterable

from providers.vault.settings import VaultSettings

_ALL = ("create", "read", "update", "delete")


def operator_policy(settings: VaultSettings, connections: Iterable[tuple[str, str]]) -> str:
    """The policy in HCL, for the scope and the database connections (mount, name) that mint its logins."""
    prefix = settings.policy_prefix
    rules: dict[str, tuple[str, ...]] = {
        "auth/token/lookup-self": ("read",),
        "auth/token/revoke-self": ("update",),
        "sys/auth": ("read",),
        "sys/mounts": ("read",),
        "sys/policies/detailed/acl": ("list",),
        "sys/policies/acl": ("list",),
        f"sys/policies/acl/{prefix}*": _ALL,
        "identity/entity": ("create", "update"),
        "identity/entity/id": ("list",),
        "identity/entity/id/*": ("read", "update", "delete"),
        f"identity/entity/name/{prefix}*": ("read",),
        "identity/entity-alias": ("create", "update"),
        "identity/entity-alias/id/*": ("delete",),
        "identity/lookup/entity": ("create", "update"),
        "identity/group/id/*": ("read", "update"),
        "identity/group/name/*": ("read",),
    }
    for mount in settings.mounts:
        rules |= {
            f"sys/auth/{mount}": ("create", "update", "delete", "sudo"),
            f"sys/mounts/auth/{mount}/tune": ("update",),
            f"auth/{mount}/config": ("create", "read", "update"),
            f"auth/{mount}/role": ("list",),
            f"auth/{mount}/role/*": _ALL,
        }
    connections = set(connections)
    for mount in {mount for mount, _ in connections} | set(settings.database_mounts):
        rules |= {
            f"{mount}/roles": ("list",),
            f"{mount}/roles/{prefix}*": _ALL,
            f"sys/leases/revoke-prefix/{mount}/creds/{prefix}*": ("update", "sudo"),
        }
    for mount, name in connections:
        rules[f"{mount}/config/{name}"] = ("read", "update")
    return "\n".join(_block(path, rules[path]) for path in sorted(rules))


def _block(path: str, capabilities: tuple[str, ...]) -> str:
    names = ", ".join(f'"{name}"' for name in capabilities)
    return f'path "{path}" {{\n  capabilities = [{names}]\n}}\n'
