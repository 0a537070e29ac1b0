"""Policies as an intent's paths: what of them the language has, and what it lacks."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from providers.vault.access import MOST_RULES, PathRule
from providers.vault.effective.parse import parse
from providers.vault.effective.values import PolicyError, Rule
from providers.vault.patterns import Pattern
from providers.vault.policy import CAPABILITIES, Grant, Inexpressible, unite
from providers.vault.resource import text
from providers.vault.standing.gaps import Gaps
from reconciler.model import Lacking
from reconciler.provider import environment_of
from reconciler.provider.wording import refusal

if TYPE_CHECKING:
    from providers.vault.client import VaultClient

RETURN_TOKEN = ("auth/token/revoke-self", ("update",))
_READING = frozenset({"read", "list"})
_FOLDERS = frozenset({"data", "metadata", "creds", "static-creds", "roles", "sign", "issue", "encrypt", "decrypt"})


@dataclass(frozen=True, slots=True)
class Said:
    """What an intent says of some policies."""

    block: Mapping[str, Any] | None
    lacking: tuple[Lacking, ...]
    topic: str


@dataclass(slots=True)
class Policies:
    """Policies by name, read when one is first named; and the database engines' logins."""

    client: VaultClient
    gaps: Gaps
    _databases: frozenset[str] | None = None
    _texts: dict[str, str | None] = field(default_factory=dict)

    def access_of(self, names: Iterable[str], *, ours: bool = False) -> Said:
        """Of policies by name. ``ours``: of a pair's own, without what Writ adds to each."""
        rules: dict[str, list[str]] = {}
        lacking: list[Lacking] = []
        for name in sorted({one.lower() for one in names} - {"default"}):
            for rule in self._rules(name, lacking):
                why = self._add(rule, rules, ours=ours)
                lacking += [Lacking(f"policy {name}: {why.why}", why.help)] if why else []
        if len(rules) > MOST_RULES:
            lacking.append(Lacking(f"it has {len(rules)} paths, and an intent has {MOST_RULES} at most"))
        paths = [{"path": path, "capabilities": given} for path, given in list(rules.items())[:MOST_RULES]]
        return Said({"paths": paths} if paths else None, tuple(dict.fromkeys(lacking)), _topic(paths))

    @staticmethod
    def overlapping(said: Said) -> Iterator[Lacking]:
        """Where paths meet, the server takes one of them, and an intent gives what both do."""
        declared = {
            Grant(Pattern.of(one["path"]), frozenset(one["capabilities"]))
            for one in (said.block or {}).get("paths", ())
        }
        try:
            more = sorted({one.pattern.text for one in set(unite(declared)) - declared})
        except Inexpressible as found:
            more = [found.one]
        if more:
            why = f"its paths overlap: at {more[0]} the server lets one of them decide, and its intent gives all"
            yield Lacking(why, "write its policy so that no path lies in another")

    def _rules(self, name: str, lacking: list[Lacking]) -> Iterable[Rule]:
        if name == "root":
            lacking.append(Lacking("policy root is every right", "give it the paths that it needs"))
            return ()
        body = self._text(name)
        if body is None:
            lacking.append(Lacking(f"policy {name} can't be read, or isn't there"))
            return ()
        try:
            return parse(name, body).rules
        except PolicyError as wrong:
            lacking.append(Lacking(f"policy {name} isn't understood: {wrong}", "write it as plain path blocks"))
            return ()

    def _add(self, rule: Rule, rules: dict[str, list[str]], *, ours: bool) -> Lacking | None:
        capabilities = [name for name in CAPABILITIES if name in rule.capabilities]
        if ours and ((rule.path, tuple(capabilities)) == RETURN_TOKEN or self._is_our_login(rule.path)):
            return None
        shown = {"path": rule.path, "capabilities": capabilities}
        wrong = _unsayable(rule) or self._minted(rule.path) or refusal(PathRule, shown, rule.path)
        if wrong is None:
            known = rules.setdefault(rule.path, [])
            rules[rule.path] = [name for name in CAPABILITIES if name in {*known, *capabilities}]
        return wrong

    def _minted(self, path: str) -> Lacking | None:
        mount = self._minting(path)
        if mount is None:
            return None
        return Lacking(
            f"{path} makes logins of the database engine {mount}, by statements that aren't Writ's",
            "say what they may do as `grants` on the database's system",
        )

    def _text(self, name: str) -> str | None:
        if name not in self._texts:
            found = self.gaps.read("texts of policies", lambda: self.client.get(f"sys/policies/acl/{name}"), None)
            self._texts[name] = text(found, "policy") if found else None
        return self._texts[name]

    def _minting(self, path: str) -> str | None:
        if self._databases is None:
            nothing: dict[str, Any] = {}
            engines = self.gaps.read("secret engines", lambda: self.client.get("sys/mounts"), nothing) or nothing
            found = (mount for mount, one in engines.items() if isinstance(one, dict) and one.get("type") == "database")
            self._databases = frozenset(mount.rstrip("/") for mount in found)
        return next((mount for mount in sorted(self._databases) if path.startswith(f"{mount}/")), None)

    def _is_our_login(self, path: str) -> bool:
        """Whether it is the creds path of a database role that another system of this environment asked for."""
        mount = self._minting(path)
        name = path.removeprefix(f"{mount}/creds/")
        if mount is None or name == path:
            return False
        found = self.gaps.read("database roles", lambda: self.client.get(f"{mount}/roles/{name}"), None)
        made = str((found or {}).get("creation_statements"))
        return environment_of(made) == self.client.scope.environment


def _unsayable(rule: Rule) -> Lacking | None:
    """What of a rule no intent's path has."""
    more = sorted(rule.capabilities - set(CAPABILITIES))
    if rule.denies:
        return Lacking(
            f"{rule.path} is denied, and an intent only allows: its intent says more", "leave the grant out instead"
        )
    if more:
        return Lacking(f"{rule.path} has {', '.join(more)}, which no intent gives")
    if rule.allowed or rule.denied or rule.required or rule.min_wrapping_ttl or rule.max_wrapping_ttl:
        return Lacking(f"{rule.path} hangs on parameters or wrapping, which an intent can't say")
    if rule.conditions or rule.control_group or rule.opaque or rule.expires or rule.templated:
        return Lacking(f"{rule.path} hangs on more than its path, which an intent can't say")
    return None


def _topic(paths: Collection[Mapping[str, Any]]) -> str:
    """``orders.read`` of ``kv/data/orders/*``."""
    words = [word for one in paths for word in one["path"].split("/")[1:] if word not in _FOLDERS]
    named = next((word.rstrip("*-_.") for word in words if word.rstrip("*-_.+")), "")
    given = {name for one in paths for name in one["capabilities"]}
    return f"{named}.{'read' if given <= _READING else 'write'}" if named else ""
