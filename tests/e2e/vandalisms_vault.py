"""What somebody might do by hand at OpenBao."""

from __future__ import annotations

from tests.e2e.hands import ENTITY, MOUNT, READER, REFUNDER, SUBJECT, Hands
from tests.e2e.vandalism import Vandalism, changed, missing, replaced, undeclared

POLICY = f'vault.vault_policy["writ-{READER}"]'
ROLE = f'vault.vault_jwt_auth_backend_role["{MOUNT}/{READER}"]'
ALIAS = f'vault.vault_identity_entity_alias["{MOUNT}/{SUBJECT}"]'
ENTITY_ADDRESS = f'vault.vault_identity_entity["{ENTITY}"]'
DATABASE_PATH = f"database/roles/writ-{READER}_orders-db"
DATABASE_ROLE = f'vault.vault_database_secret_backend_role["{DATABASE_PATH}"]'
ALLOWED = 'vault.vault_database_connection_allowed_role["database/orders/{}"]'
WIDER = 'path "kv/data/*" {\n  capabilities = ["read", "list"]\n}\n'


def widen_policy(hands: Hands) -> None:
    path = f"sys/policies/acl/writ-{READER}"
    hands.write(path, policy=hands.read(path)["policy"] + WIDER)


def add_jwt_role(hands: Hands) -> None:
    hands.write(
        f"auth/{MOUNT}/role/load-generator",
        role_type="jwt",
        user_claim="sub",
        bound_audiences=["vault"],
        bound_subject="system:serviceaccount:tests:load-generator",
        token_policies=[f"writ-{READER}"],
    )


def add_to_group(hands: Hands) -> None:
    hands.write("sys/policies/acl/everything", policy=WIDER)
    entity = hands.read(f"identity/entity/name/{ENTITY}")["id"]
    hands.write("identity/group", name="rogues", policies=["everything"], member_entity_ids=[entity])


def add_to_nested_groups(hands: Hands) -> None:
    """The inner group gives nothing, the outer one takes away."""
    denial = 'path "kv/data/orders/*" {\n  capabilities = ["deny"]\n}\n'
    hands.write("sys/policies/acl/nothing", policy=denial)
    entity = hands.read(f"identity/entity/name/{ENTITY}")["id"]
    hands.write("identity/group", name="inner", member_entity_ids=[entity])
    inner = hands.read("identity/group/name/inner")["id"]
    hands.write("identity/group", name="outer", policies=["nothing"], member_group_ids=[inner])


def drop_nested_groups(hands: Hands) -> None:
    for path in ("identity/group/name/outer", "identity/group/name/inner", "sys/policies/acl/nothing"):
        hands.delete(path)


def drop_group(hands: Hands) -> None:
    assert not hands.read("identity/group/name/rogues")["member_entity_ids"]
    hands.delete("identity/group/name/rogues")
    hands.delete("sys/policies/acl/everything")


def alias(hands: Hands) -> str:
    """The id of the agent's alias: a mount that was disabled leaves its aliases behind."""
    accessor = hands.accessor()
    aliases = hands.read(f"identity/entity/name/{ENTITY}")["aliases"]
    return next(str(one["id"]) for one in aliases if one["mount_accessor"] == accessor)


def move_alias(hands: Hands) -> None:
    hands.write(f"identity/entity-alias/id/{alias(hands)}", canonical_id=hands.entity("outsider"))


def add_alias(hands: Hands) -> None:
    hands.write(
        "identity/entity-alias", name="outsider", mount_accessor=hands.accessor(), canonical_id=hands.entity("outsider")
    )


def rename_entity(hands: Hands) -> None:
    entity = hands.read(f"identity/entity/name/{ENTITY}")["id"]
    hands.write(f"identity/entity/id/{entity}", name="elsewhere", policies=["default"])


def hide_in_the_mount(hands: Hands) -> None:
    """Take the marker off the mount, and put a role and an alias in."""
    hands.write(f"sys/mounts/auth/{MOUNT}/tune", description="")
    add_jwt_role(hands)
    add_alias(hands)


def drop_outsider(hands: Hands) -> None:
    hands.delete("identity/entity/name/outsider")


def change_creation(hands: Hands) -> None:
    statements = hands.read(DATABASE_PATH)["creation_statements"]
    hands.rewrite(DATABASE_PATH, creation_statements=[*statements, 'GRANT pg_read_all_data TO "{{name}}"'])


def add_database_role(hands: Hands) -> None:
    hands.write("database/roles/writ-rogue", db_name="orders", creation_statements=['CREATE ROLE "{{name}}" SUPERUSER'])


def allow_role(hands: Hands) -> None:
    roles = hands.read("database/config/orders")["allowed_roles"]
    hands.write("database/config/orders", allowed_roles=[*roles, "writ-rogue"])


def disallow_role(hands: Hands) -> None:
    roles = hands.read("database/config/orders")["allowed_roles"]
    role = f"writ-{READER}_orders-db"
    hands.write("database/config/orders", allowed_roles=[one for one in roles if one != role])


def delete_alias(hands: Hands) -> None:
    hands.delete(f"identity/entity-alias/id/{alias(hands)}")


VAULT = (
    Vandalism("policy-widened", widen_policy, (changed(POLICY, "policy"),)),
    Vandalism(
        "policy-added",
        lambda h: h.write("sys/policies/acl/writ-rogue", policy=WIDER),
        (undeclared('vault.vault_policy["writ-rogue"]'),),
    ),
    Vandalism(
        "jwt-role-added", add_jwt_role, (undeclared(f'vault.vault_jwt_auth_backend_role["{MOUNT}/load-generator"]'),)
    ),
    Vandalism(
        "jwt-role-for-another-subject",
        lambda h: h.rewrite(f"auth/{MOUNT}/role/{READER}", bound_subject="system:serviceaccount:evil:bot"),
        (replaced(ROLE, "bound_subject"),),
    ),
    Vandalism(
        "jwt-role-with-the-default-policy",
        lambda h: h.rewrite(f"auth/{MOUNT}/role/{READER}", token_no_default_policy=False),
        (changed(ROLE, "token_no_default_policy"),),
    ),
    Vandalism(
        "jwt-role-with-another-policy",
        lambda h: h.rewrite(f"auth/{MOUNT}/role/{READER}", token_policies=[f"writ-{READER}", f"writ-{REFUNDER}"]),
        (changed(ROLE, "token_policies"),),
    ),
    Vandalism(
        "jwt-role-for-longer",
        lambda h: h.rewrite(f"auth/{MOUNT}/role/{READER}", token_ttl=0, token_max_ttl=0, token_explicit_max_ttl=0),
        (changed(ROLE, "token_explicit_max_ttl", "token_max_ttl", "token_ttl"),),
    ),
    Vandalism(
        "mount-of-another-issuer",
        lambda h: h.rewrite(f"auth/{MOUNT}/config", bound_issuer="https://evil.example.com"),
        (changed(f'vault.vault_jwt_auth_backend["{MOUNT}"]', "bound_issuer"),),
    ),
    Vandalism(
        "mount-without-its-marker",
        hide_in_the_mount,
        (
            changed(f'vault.vault_jwt_auth_backend["{MOUNT}"]', "description"),
            undeclared(f'vault.vault_jwt_auth_backend_role["{MOUNT}/load-generator"]'),
            undeclared(f'vault.vault_identity_entity_alias["{MOUNT}/outsider"]'),
        ),
        drop_outsider,
    ),
    Vandalism(
        "entity-with-a-policy",
        lambda h: h.write(f"identity/entity/name/{ENTITY}", policies=["default"]),
        (changed(ENTITY_ADDRESS, "policies"),),
    ),
    Vandalism(
        "entity-disabled",
        lambda h: h.write(f"identity/entity/name/{ENTITY}", disabled=True),
        (changed(ENTITY_ADDRESS, "disabled"),),
    ),
    Vandalism(
        "entity-renamed",
        rename_entity,
        (
            missing(ENTITY_ADDRESS),
            undeclared('vault.vault_identity_entity["elsewhere"]'),
            changed(ALIAS, "entity"),
        ),
    ),
    Vandalism(
        "entity-in-a-group",
        add_to_group,
        (undeclared(f'vault.vault_identity_group_member["rogues/{ENTITY}"]'),),
        drop_group,
    ),
    Vandalism(
        "entity-in-nested-groups",
        add_to_nested_groups,
        (undeclared(f'vault.vault_identity_group_member["inner/{ENTITY}"]'),),
        drop_nested_groups,
    ),
    Vandalism(
        "entity-added",
        lambda h: h.entity("writ-rogue"),
        (undeclared('vault.vault_identity_entity["writ-rogue"]'),),
    ),
    Vandalism("alias-moved", move_alias, (changed(ALIAS, "entity"),), drop_outsider),
    Vandalism(
        "alias-added",
        add_alias,
        (undeclared(f'vault.vault_identity_entity_alias["{MOUNT}/outsider"]'),),
        drop_outsider,
    ),
    Vandalism("database-role-widened", change_creation, (changed(DATABASE_ROLE, "creation_statements"),)),
    Vandalism(
        "database-role-of-another-connection",
        lambda h: h.rewrite(DATABASE_PATH, db_name="elsewhere"),
        (changed(DATABASE_ROLE, "db_name"),),
    ),
    Vandalism(
        "database-role-for-longer",
        lambda h: h.rewrite(DATABASE_PATH, default_ttl=86400, max_ttl=86400),
        (changed(DATABASE_ROLE, "default_ttl", "max_ttl"),),
    ),
    Vandalism(
        "database-role-added",
        add_database_role,
        (undeclared('vault.vault_database_secret_backend_role["database/roles/writ-rogue"]'),),
    ),
    Vandalism("role-allowed", allow_role, (undeclared(ALLOWED.format("writ-rogue")),)),
    Vandalism("role-no-longer-allowed", disallow_role, (missing(ALLOWED.format(f"writ-{READER}_orders-db")),)),
    Vandalism("policy-deleted", lambda h: h.delete(f"sys/policies/acl/writ-{READER}"), (missing(POLICY),)),
    Vandalism("jwt-role-deleted", lambda h: h.delete(f"auth/{MOUNT}/role/{READER}"), (missing(ROLE),)),
    Vandalism("alias-deleted", delete_alias, (missing(ALIAS),)),
    Vandalism(
        "entity-deleted",
        lambda h: h.delete(f"identity/entity/name/{ENTITY}"),
        (missing(ENTITY_ADDRESS), missing(ALIAS)),  # its aliases go with it
    ),
    Vandalism("database-role-deleted", lambda h: h.delete(DATABASE_PATH), (missing(DATABASE_ROLE),)),
    Vandalism(
        "mount-disabled",
        lambda h: h.delete(f"sys/auth/{MOUNT}"),
        (
            missing(f'vault.vault_jwt_auth_backend["{MOUNT}"]'),
            missing(ROLE),
            missing(f'vault.vault_jwt_auth_backend_role["{MOUNT}/{REFUNDER}"]'),
            missing(ALIAS),
        ),
    ),
)
