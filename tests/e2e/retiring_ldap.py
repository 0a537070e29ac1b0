"""A standing account in the example directory, a Retirement of it, and what Writ's login needs to see it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from providers.ldap.client import LdapClient
from providers.ldap.entry import Modification
from providers.ldap.local import OPERATOR
from tests.servers import World

ROOT = "dc=example,dc=com"
SVC, BOT = f"uid=svc-wiki,ou=people,{ROOT}", f"uid=wiki-bot,ou=agents,{ROOT}"
ALONE = f"cn=old-wiki,ou=groups,{ROOT}"
PASSWORD, OWN = "kept-since-2017", "only the bot has this"
GROUPS = {
    ALONE: "member",
    f"cn=directory-admins,ou=groups,{ROOT}": "member",
    f"cn=metrics,ou=legacy,ou=groups,{ROOT}": "uniqueMember",
    f"cn=build-readers,ou=groups,{ROOT}": "memberUid",
}
RETIREMENT = f"""\
apiVersion: writ/v1
kind: Retirement
metadata: {{name: svc-wiki}}
spec: {{system: directory, principal: "{SVC}", replaced_by: [wiki-bot/runbooks.edit], quarantine: 14d}}
"""
_SEEING = f'{{0}}to dn.exact="{SVC}" attrs=entry,objectClass,uid,gidNumber,entryUUID'


@contextmanager
def standing(world: World) -> Iterator[LdapClient]:
    """The account is made, and is to go. Entries and values are taken away by the slate."""
    (world.specs / "retirements.yaml").write_text(RETIREMENT)
    server: Any = world.sandbox.server("ldap")
    with closing(server.admin(ROOT)) as hands, closing(server.admin()) as config:
        login = {"objectClass": ["account", "simpleSecurityObject"], "uid": ["svc-wiki"], "userPassword": [PASSWORD]}
        hands.add(SVC, login)
        hands.modify(BOT, [Modification("userPassword", OWN, adds=True)])
        hands.add(ALONE, {"objectClass": ["groupOfNames"], "cn": ["old-wiki"], "member": [SVC]})
        for group, attribute in GROUPS.items():
            if group != ALONE:
                value = "svc-wiki" if attribute == "memberUid" else SVC
                hands.modify(group, [Modification(attribute, value, adds=True)])
        place = server.database_of(ROOT)
        rule = f'{_SEEING} by dn.exact="{OPERATOR}" read by * break'
        config.modify(place, [Modification("olcAccess", rule, adds=True)])
        try:
            yield hands
        finally:
            config.modify(place, [Modification("olcAccess", "{0}", adds=False)])


def held(hands: LdapClient) -> dict[str, set[str]]:
    """The values of each of its groups."""
    entries = {group: hands.entry(group, [attribute]) for group, attribute in GROUPS.items()}
    return {group: set(one.all(GROUPS[group])) for group, one in entries.items() if one}


def left_in(hands: LdapClient) -> int:
    """In how many groups it is."""
    return sum(bool({SVC, "svc-wiki"} & values) for values in held(hands).values())


def secret_file(folder: Path, text: str) -> Path:
    """As the operator has it."""
    file = folder / "password"
    file.write_text(f"{text}\n")
    file.chmod(0o600)
    return file
