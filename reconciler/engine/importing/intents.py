"""Intents by their access: what is equal over all systems is one, whoever has it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from reconciler.engine.importing.ground import Ground
from reconciler.engine.importing.naming import one_line, slug, unique
from reconciler.engine.importing.pairs import Pair, Workload
from reconciler.model import Address, Drafted, Importable
from specs import format_duration

UNSAID_TTL = 3600
"""Seconds: of an intent that nobody has yet."""
_RISK, _DATA = "medium", "confidential"
"""What no system says: a person settles it."""
_MOST_NAMED = 3


@dataclass(slots=True)
class Purpose:
    """One intent as it is put together."""

    name: str
    access: list[dict[str, Any]]
    ttl: int = 0
    use: str = ""
    whose: list[Importable] = field(default_factory=list)

    def document(self, version: str) -> Drafted:
        """As it is written."""
        where = [f"{one.kind} {one.name} at {one.address.system}" for one in self.whose[:_MOST_NAMED]]
        more = f" and {len(self.whose) - _MOST_NAMED} more" if len(self.whose) > _MOST_NAMED else ""
        spec = {
            "purpose": self.use or one_line(f"Imported from {', '.join(where)}{more}"),
            "risk": _RISK,
            "data": _DATA,
            "ttl": format_duration(self.ttl or UNSAID_TTL),
            "access": self.access,
        }
        data = {"apiVersion": version, "kind": "Intent", "metadata": {"name": self.name}, "spec": spec}
        return Drafted("Intent", self.name, data, tuple(one.address for one in self.whose))


@dataclass(slots=True)
class Purposes:
    """All of an import."""

    ground: Ground
    every: list[Purpose] = field(default_factory=list)
    _by_access: dict[str, list[Purpose]] = field(default_factory=dict)
    _of_pair: dict[int, Purpose] = field(default_factory=dict)
    _of_one: dict[Address, Purpose] = field(default_factory=dict)

    def give(self, workloads: Iterable[Workload]) -> None:
        """An intent to each pair; no two of one agent are the same."""
        for workload in workloads:
            used: list[Purpose] = []
            for pair in workload.pairs:
                said = pair.said_intent
                found = self._find(pair.doors, said, said or _topic(pair.doors) or pair.label, used)
                used.append(found)
                found.ttl = max(found.ttl, pair.ttl)
                found.use = found.use or next((use for one in pair.doors if (use := one_line(one.said.use))), "")
                self._of_pair[id(pair)] = found

    def of_pair(self, pair: Pair) -> Purpose:
        """What was given to it."""
        return self._of_pair[id(pair)]

    def of_one(self, one: Importable) -> Purpose:
        """The intent that says what this may do, of somebody who is no agent."""
        if one.address not in self._of_one:
            self._of_one[one.address] = self._find([one], "", one.topic or slug(one.name, "access"), ())
        return self._of_one[one.address]

    def _find(self, doors: Sequence[Importable], said: str, name: str, used: Sequence[Purpose]) -> Purpose:
        access = self._access(doors)
        key = json.dumps(access, sort_keys=True)
        known = self._by_access.setdefault(key, [])
        fits = (one for one in known if one not in used and said in {"", one.name})
        found = next(fits, None)
        if found is None:
            taken = {one.name for one in self.every} | set(self.ground.catalog.intents)
            found = Purpose(unique(slug(name, "access"), taken), access)
            known.append(found)
            self.every.append(found)
        found.whose += doors
        return found

    def _access(self, doors: Sequence[Importable]) -> list[dict[str, Any]]:
        """In the order of the Environment's systems."""
        by_system = {door.address.system: door for door in doors}
        return [
            {"system": name, **block}
            for name in self.ground.systems
            if name in by_system
            for block in by_system[name].access
        ]


def _topic(doors: Sequence[Importable]) -> str:
    return next((one.topic for one in doors if one.topic), "")
