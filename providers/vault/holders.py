"""Reading who outside the scope holds something of Writ's: a list of each folder, then pooled GETs of what it names.

All of it is beside the scope, so that whoever may not look there still plans: what wasn't looked at is told.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from providers.vault.allowed_role import serves
from providers.vault.errors import InvalidToken
from providers.vault.holder import holder
from providers.vault.methods import BOUND, FIELDS, FOLDERS, FORBIDDEN, READ
from providers.vault.names import in_prefix
from providers.vault.resource import keys, text
from providers.vault.values import normal
from reconciler.model import Live
from reconciler.provider import Denied, Rejected
from specs.diagnostic import Diagnostic, warning

if TYPE_CHECKING:
    from providers.vault.client import VaultClient

T = TypeVar("T")
_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class _Found:
    """Something that may hold: where it is, what it is, and what was read of it: nothing where it is gone."""

    path: str
    kind: str
    values: Mapping[str, Any]


@dataclass(slots=True)
class HolderReader:
    """One reading."""

    client: VaultClient
    policies: Sequence[str]
    """Ours that are there, in lower case."""
    entities: Sequence[str]
    """Ids of those that are in nobody's scope."""
    own: Collection[str] = ()
    """Paths of the roles that are wanted or recorded, at mounts that somebody else keeps."""
    unread: set[str] = field(default_factory=set)
    """What couldn't be looked at."""

    def objects(self) -> Iterator[Live]:
        """Who gives a policy of ours."""
        for one in (*self._methods(), *self._identities()):
            held = self._held(one.values) if one.path not in self.own else []
            if held:
                bound = _texts(one.values.get(BOUND)) if one.kind.startswith("aws ") else ()
                yield holder(self.client, one.path, one.kind, policies=held, bound=bound)

    def diagnostics(self) -> Iterator[Diagnostic]:
        """One for all that couldn't be looked at."""
        if self.unread:
            scope, paths = self.client.scope, sorted(self.unread)
            named = ", ".join(paths[:_MOST_NAMED])
            more = f" and {len(paths) - _MOST_NAMED} more" if len(paths) > _MOST_NAMED else ""
            yield warning(
                "W445",
                f"not looked at, so that whether it gives what is Writ's isn't known: {named}{more}",
                subject=scope.system,
                help="`writ permissions plan` says which rights that needs",
                span=scope.span,
            )

    def _methods(self) -> Sequence[_Found]:
        settings = self.client.scope.settings
        # What another scope declares as its own is that scope's to look at.
        declared = {mount for one in (settings, *self.client.scope.alike) for mount in one.mounts}
        asked: list[tuple[str, str]] = []
        for mount, entry in sorted(self.client.auth_mounts().items()):
            kind = str(entry.get("type"))
            if mount in declared:
                continue
            if kind not in FOLDERS:
                self.unread.add(f"auth/{mount} (of type {kind})")
            asked += [(mount, folder) for folder in FOLDERS.get(kind, ())]
        listed = self.client.each(lambda one: self._list(f"auth/{one[0]}/{one[1]}"), asked)
        found: list[tuple[str, str]] = []
        for (mount, folder), names in zip(asked, listed, strict=True):
            kind = str(self.client.auth_mounts()[mount].get("type"))
            where = f"auth/{mount}/{READ[kind][FOLDERS[kind].index(folder)]}"
            found += [(f"{where}/{name}", f"{kind} {folder.rpartition('/')[2].removesuffix('s')}") for name in names]
        return self._read(found)

    def _identities(self) -> Iterator[_Found]:
        """Groups, whoever is in them, and entities: the server lists neither's policies."""
        every = [("group", key) for key in self._list("identity/group/id")]
        every += [("entity", key) for key in self.entities]
        for one in self._read((f"identity/{kind}/id/{key}", kind) for kind, key in every):
            yield _Found(f"identity/{one.kind}/name/{text(one.values, 'name')}", one.kind, one.values)

    def _list(self, path: str) -> list[str]:
        return keys(self._asked(path, lambda: self.client.list(path)))

    def _read(self, asked: Iterable[tuple[str, str]]) -> Sequence[_Found]:
        def one(at: tuple[str, str]) -> _Found:
            path, kind = at
            folder = path.rpartition("/")[0]
            return _Found(path, kind, self._asked(f"{folder}/…", lambda: self.client.get(path)) or {})

        return self.client.each(one, asked)

    def _asked(self, what: str, ask: Callable[[], T | None]) -> T | None:
        try:
            return ask()
        except InvalidToken:
            raise
        except (Denied, Rejected):  # the right is missing, or a server of this version has no such thing
            self.unread.add(what)
            return None

    def _held(self, values: Mapping[str, Any]) -> list[str]:
        if any(values.get(one) for one in FORBIDDEN) and not any(values.get(one) for one in FIELDS):
            return self._all_but(values)
        return sorted({name for one in FIELDS for name in self._names(one, values.get(one)) if name})

    def _all_but(self, values: Mapping[str, Any]) -> list[str]:
        """A token role that only forbids: its tokens needn't be within the policies of whoever makes them."""
        names, patterns = ([one.lower() for one in _texts(values.get(name))] for name in FORBIDDEN)
        given = [
            one for one in self.policies if one not in names and not any(serves(pattern, one) for pattern in patterns)
        ]
        return ["*"] if given and len(given) == len(self.policies) else sorted(given)

    def _names(self, name: str, value: Any) -> Iterator[str]:
        for one in map(str.lower, _texts(value)):
            if name.endswith("_glob"):
                yield one if any(serves(one, ours) for ours in self.policies) else ""
            elif "{{" in one:  # claims choose: what the text begins with is certain
                start, prefix = one.partition("{{")[0], self.client.scope.settings.policy_prefix
                yield one if start.startswith(prefix) or prefix.startswith(start) else ""
            elif in_prefix(one, self.client.scope.settings):
                yield one


def givers(client: VaultClient, policy: str) -> list[str]:
    """Paths of who gives a policy by its name, at mounts that aren't Writ's: those that may be looked at."""
    reader = HolderReader(client, [policy], ())
    every = (*reader._methods(), *reader._identities())  # noqa: SLF001 - the same module
    return sorted(one.path for one in every if any(policy.lower() in _lower(one.values.get(name)) for name in FIELDS))


def _lower(value: Any) -> list[str]:
    return [one.lower() for one in _texts(value)]


def _texts(value: Any) -> list[str]:
    found = normal([], value)
    return [str(one) for one in found] if isinstance(found, list | tuple) else []
