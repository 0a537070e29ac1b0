"""What is declared already, and what an import adds to the Environment: issuers, and where they stand."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.engine.importing.naming import issuer_name, unique
from reconciler.model import Lacking, Vouched
from specs import Catalog

Accepting = Callable[[str, Mapping[str, Any], str, str], Mapping[str, Any] | None]
"""Of a system, its settings as written, an issuer and a place: the settings with it (Provider.accepting)."""


Sound = Callable[[Mapping[str, Any]], Lacking | None]
"""Of an Environment's document: why the specs can't hold it; None where they can."""


def _anything(_: Mapping[str, Any]) -> Lacking | None:
    return None


@dataclass(frozen=True, slots=True)
class Ground:
    """The specs before the import."""

    environment: Mapping[str, Any]
    """The Environment's document, as text values."""
    catalog: Catalog
    accepting: Accepting
    sound: Sound = _anything

    @property
    def systems(self) -> Mapping[str, Any]:
        """The systems, as written."""
        found: Mapping[str, Any] = self.environment["spec"]["systems"]
        return found

    @property
    def identities(self) -> dict[tuple[str, str], str]:
        """(Issuer's URL, subject) → agent."""
        issuers = self.environment["spec"].get("issuers") or {}
        found = {}
        for name, agent in self.catalog.agents.items():
            identity = agent.value.spec.identity
            url = issuers.get(identity.issuer, {}).get("issuer", identity.issuer)
            found[url, identity.subject] = name
        return found

    def uses(self, issuer: str) -> bool:
        """Whether an agent has this issuer already."""
        return any(agent.value.spec.identity.issuer == issuer for agent in self.catalog.agents.values())


@dataclass(slots=True)
class Issuers:
    """The Environment as it grows."""

    ground: Ground
    data: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.data = copy.deepcopy(dict(self.ground.environment))

    @property
    def grown(self) -> bool:
        """Whether anything was added."""
        return self.data != self.ground.environment

    def of(self, system: str, vouched: Vouched) -> str | Lacking:
        """The issuer's name, once the Environment lets agents of it in there; or why it can't."""
        before = copy.deepcopy(self.data)
        issuers: dict[str, Any] = self.data["spec"].setdefault("issuers", {})
        name = next((name for name, one in issuers.items() if one.get("issuer") == vouched.issuer), "")
        if not name:
            name = unique(issuer_name(vouched.issuer), issuers)
            issuers[name] = {"issuer": vouched.issuer, "audiences": {}}
        problem = self._audience(name, system, vouched) or self._place(name, system, vouched)
        if problem is None:
            self._keys(name, vouched)
            # One odd issuer would keep the whole document, and all others' agents, from being written.
            problem = self.ground.sound(self.data) if self.data != before else None
        if problem is not None:
            self.data = before
            return problem
        return name

    def _audience(self, name: str, system: str, vouched: Vouched) -> Lacking | None:
        audiences: dict[str, str] = self.data["spec"]["issuers"][name].setdefault("audiences", {})
        known = audiences.get(system) or audiences.get(str(self.ground.systems[system].get("provider")))
        if known is None:
            audiences[system] = vouched.audience
        elif known != vouched.audience:
            why = f"its audience is {vouched.audience}, and issuer {name} has {known} for {system}"
            return Lacking(why, "let it take tokens for that audience, then import again")
        return None

    def _place(self, name: str, system: str, vouched: Vouched) -> Lacking | None:
        if not vouched.place:
            return None
        systems = self.data["spec"]["systems"]
        after = self.ground.accepting(system, systems[system], name, vouched.place)
        if after is None or (dict(after) != systems[system] and self.ground.uses(name)):
            why = f"issuer {name} has another place at {system}, and this is at {vouched.place}"
            return Lacking(why, "give its agents an issuer of another name, or move them there first")
        systems[system] = dict(after)
        return None

    def _keys(self, name: str, vouched: Vouched) -> None:
        """Where the keys of an issuer are that this import adds, if not at its own URL."""
        issuer = self.data["spec"]["issuers"][name]
        added = name not in (self.ground.environment["spec"].get("issuers") or {})
        known = {"jwks_url", "discovery_url", "public_keys"} & issuer.keys()
        if added and vouched.keys and not known and vouched.keys != {"discovery_url": vouched.issuer}:
            issuer.update(vouched.keys)
