"""One suffix of a real slapd, an operator who plans and applies with the real engine, and somebody who vandalises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from providers.ldap.access import LdapAccess
from providers.ldap.client import LdapClient
from providers.ldap.connection import LdapConnection
from providers.ldap.entry import Modification
from providers.ldap.local import LocalLdap
from providers.ldap.login import connect
from providers.ldap.permissions import suffix
from providers.ldap.settings import LdapSettings
from reconciler.engine.apply import Ended, apply_plan
from reconciler.engine.cascade import cascade_replacements
from reconciler.engine.drift import find_drift
from reconciler.engine.planner import Planned, plan_changes
from reconciler.engine.session import Session, System
from reconciler.model import Action, Address, Applied, ApplyResult, Desired, Plan, Snapshot, State
from reconciler.provider import LocalWorld, Pair, Scope
from tests.memory import remember
from tests.providers.ldap.world import PROVIDER, SYSTEM, demand, pair

MARKS = {SYSTEM: {name: kind.attributes for name, kind in PROVIDER.types.items()}}
NOBODY: Any = None
PERSON = {"objectClass": ["account"]}


class Recorder:
    """The state in memory."""

    def __init__(self) -> None:
        self.objects: dict[Address, Applied] = {}

    def begin(self, steps: object) -> None:
        pass

    def ended(self, steps: Sequence[Ended]) -> None:
        remember(self.objects, steps)


@dataclass
class Directory:
    server: LocalLdap
    root: str
    scope: Scope[LdapSettings]
    client: LdapClient
    hands: LdapClient
    """The administrator's."""
    desired: dict[Address, Desired] = field(default_factory=dict)
    recorder: Recorder = field(default_factory=Recorder)

    @classmethod
    def at(cls, server: LocalLdap, root: str, more: Mapping[str, str]) -> Directory:
        given = {"base": f"ou=groups,{root}", "accounts": f"ou=agents,{root}"} | more
        scope = Scope("test", SYSTEM, LdapSettings.model_validate(given))
        world: LocalWorld = NOBODY  # slapd needs nothing of the other servers
        server.prepare(scope, world, None)
        made = cls(server, root, scope, server.operator(scope), server.admin(suffix(root)))
        made.hands.add(f"ou=people,{root}", {"objectClass": ["organizationalUnit"], "ou": ["people"]})
        for name in ("bot", "other"):
            made.hands.add(made.account(name), {**PERSON, "uid": [name]})
        return made

    def as_admin(self, url: str) -> LdapClient:
        """The administrator, by the provider's own way in."""
        login = LdapConnection.model_validate({"url": url, "bind_dn": "cn=admin,dc=tests", "password_env": "PW"})
        return connect(self.scope, login, {"PW": self.server.password})

    def account(self, name: str = "bot") -> str:
        return f"uid={name},ou=agents,{self.root}"

    def person(self, name: str = "jane") -> str:
        return f"uid={name},ou=people,{self.root}"

    def group(self, name: str) -> str:
        return f"cn={name},ou=groups,{self.root}"

    def has_group(self, name: str, *members: str, kind: str = "groupOfNames", **more: Sequence[str]) -> str:
        """Made by hand."""
        attribute = {"groupOfNames": "member", "groupOfUniqueNames": "uniqueMember", "posixGroup": "memberUid"}[kind]
        values: dict[str, Sequence[str]] = {"objectClass": [kind], "cn": [name], **more}
        self.hands.add(self.group(name), values | ({attribute: list(members)} if members else {}))
        return self.group(name)

    def by_hand(self, group: str, *changes: tuple[str, str, str]) -> None:
        """``("+", attribute, value)``."""
        modified = [Modification(attribute, value, adds=sign == "+") for sign, attribute, value in changes]
        self.hands.modify(group, modified)

    def values(self, group: str, attribute: str) -> set[str]:
        """What the server holds."""
        entry = self.hands.entry(group, [attribute])
        return set(entry.all(attribute)) if entry else set()

    def want(self, *asked: tuple[Pair, LdapAccess] | LdapAccess) -> None:
        pairs = [one if isinstance(one, tuple) else (pair(), one) for one in asked]
        found = PROVIDER.lower(self.scope, demand(*((who, [what]) for who, what in pairs)))
        assert found.diagnostics == ()
        now = datetime.now(UTC)
        self.desired = {one.resource.address: one for one in found.resources if one.until is None or one.until > now}

    def read(self) -> Snapshot:
        return PROVIDER.read(self.client, self.scope, self.desired.keys() | self.recorder.objects.keys())

    @property
    def state(self) -> State:
        return State("test", "lineage", 1, self.recorder.objects, {})

    def planned(self) -> Planned:
        snapshot = self.read()
        assert snapshot.diagnostics == ()
        found = plan_changes(self.desired, {SYSTEM: snapshot}, self.state, MARKS)
        return Planned(cascade_replacements(found.changes), found.diagnostics)

    def changes(self) -> dict[str, str]:
        """What would be done: the key → action and cause."""
        planned = self.planned()
        assert planned.diagnostics == ()
        rows = (change for change in planned.changes if change.action not in (Action.NO_OP, Action.ADOPT))
        return {change.address.key: f"{change.action} {change.cause}" for change in rows}

    def drift(self) -> dict[str, str]:
        """What moved: the key → how."""
        items = find_drift(self.desired, {SYSTEM: self.read()}, self.state, MARKS)
        return {item.address.key: item.kind.value for item in items}

    def apply(self) -> ApplyResult:
        plan = Plan("test", datetime.now(UTC), "", "", 0, (), self.planned().changes)
        session = Session({SYSTEM: System(PROVIDER, self.scope, self.client)})
        return apply_plan(plan, session, self.recorder, lambda event: None, interrupted=lambda: False)

    def converge(self) -> None:
        """Apply, and nothing is left to do."""
        result = self.apply()
        assert result.ok, [(str(s.address), s.diagnostic) for s in result.steps if s.diagnostic]
        assert self.changes() == {}

    def close(self) -> None:
        self.client.close()
        self.hands.close()


def replaced(directory: Directory, **more: str) -> Directory:
    """The same with other settings."""
    settings = directory.scope.settings.model_copy(update=more)
    directory.client.scope = directory.scope = replace(directory.scope, settings=settings)
    directory.client.settings = settings
    return directory
