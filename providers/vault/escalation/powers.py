"""What a login may write that decides on policies and logins themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from providers.vault.escalation.token import Grounds, May, Token, distinct
from providers.vault.names import split_last
from reconciler.model import Address, Kind, Spot, Step

FOLDERS = (
    *("sys/policies/acl/", "sys/policy/", "sys/auth/", "sys/remount", "sys/raw", "identity/entity", "identity/group"),
    *("auth/token/create", "auth/userpass/users/", "auth/approle/role/"),
)
"""Where the powers lie, besides the roles of a login's own mount."""
_KINDS = ("/role/", "/users/", "/groups/")
_KNOWN = frozenset({"auth/token", "auth/userpass", "auth/approle"})
_SOME = "an-existing-policy"
_MEMBER = {"policies": [_SOME], "member_entity_ids": ["its own"]}
_IF_ONE = "if a policy that is there administers the server"
_TEXT = {"policy": 'path "*" { capabilities = ["sudo"] }'}


@dataclass(frozen=True, slots=True)
class Powers:
    """Of one login."""

    token: Token
    grounds: Grounds
    siblings: tuple[Token, ...]
    """Logins that become the same entity, itself among them."""

    @property
    def _system(self) -> str:
        return self.token.role.system

    @property
    def _mount(self) -> str:
        return split_last(self.token.role.key)[0]

    def steps(self) -> Iterator[Step]:
        """All of them."""
        roles = f"auth/{self._mount}/role/"
        folders = sorted(self._folders() - {roles})
        if not folders and not self.token.concerns((*FOLDERS, roles)):
            return
        yield from self._policies()
        yield from self._any(self._roles(roles), "V4")
        yield from self._any(self._users(), "V4", sure=False, note="if such an auth method is there")
        yield from self._any(
            self._others(folders), "V4", sure=False, note="if that auth method is there, and lets it in"
        )
        yield from self._any(self._identity(), "V5")
        yield from self._any(self._by_id("entity"), "V5", sure=False, note="if it is about its own id")
        yield from self._any(self._by_id("group"), "V5", sure=False, note="if that group is there")
        yield from self._any(self._create(), "V6")
        token_role = (
            self.token.may("update", f"auth/token/create/{name}") for name in self.token.names_in("auth/token/create/")
        )
        yield from self._any(token_role, "V6", sure=False, note="as far as that token role lets it")
        yield from self._mounts()

    @property
    def _administrator(self) -> Spot:
        return Spot(Kind.ADMINISTRATOR, self._system)

    def _any(self, found: Iterable[May | None], rule: str, *, sure: bool = True, note: str = "") -> Iterator[Step]:
        """Any policy that is there: of any login, and perhaps one that is everything."""
        everybody = Spot(Kind.EVERYBODY, self._system)
        both = "; ".join(one for one in (note, _IF_ONE) if one)
        for may in distinct(found):
            yield self.grounds.step(self.token, may, everybody, rule, sure=sure, note=note)
            yield self.grounds.step(self.token, may, self._administrator, rule, sure=False, note=both)

    def _policies(self) -> Iterator[Step]:
        """V1. The other policies of the same agent are as good, with their logins."""
        seen: set[str] = set()
        for other in (self.token, *self.siblings):
            for name in other.names:
                if name in seen:
                    continue
                seen.add(name)
                paths = (f"sys/policies/acl/{name}", f"sys/policy/{name}")
                for may in distinct(self.token.may("update", path, _TEXT) for path in paths):
                    needs = tuple(dict.fromkeys((self.token.spot, other.spot)))
                    by = self.grounds.of_request(self.token, may)
                    yield Step(needs, self._administrator, may.request, "V1", may.certain, may.note, by)

    def _roles(self, folder: str) -> Iterator[May | None]:
        """V4: its own mount, where its workload token is taken."""
        for name in self._known(folder):
            yield self._write(folder, name, {"token_policies": [_SOME], "role_type": "jwt"})

    def _folders(self) -> set[str]:
        """Of roles, users and groups of auth methods that its rules name."""
        found = set()
        for path in self.token.paths:
            for kind in _KINDS if path.startswith("auth/") else ():
                mount, there, _ = path.partition(kind)
                if there and mount not in _KNOWN and not set("*+{") & set(mount):
                    found.add(f"{mount}{kind}")
        return found

    def _others(self, folders: Iterable[str]) -> Iterator[May | None]:
        for folder in folders:
            for name in self.token.names_in(folder):
                for capability in ("create", "update"):
                    yield self.token.may(capability, f"{folder}{name}", {"token_policies": [_SOME]})

    def _known(self, folder: str) -> Iterator[str]:
        yield split_last(self.token.role.key)[1]
        yield from self.token.names_in(folder)

    def _write(self, folder: str, name: str, parameters: dict[str, object]) -> May | None:
        role = Address(self._system, self.token.role.type, f"{self._mount}/{name}")
        is_there = folder.startswith(f"auth/{self._mount}/") and role in self.grounds.objects
        return self.token.may("update" if is_there else "create", f"{folder}{name}", parameters)

    def _users(self) -> Iterator[May | None]:
        for name in self.token.names_in("auth/userpass/users/"):
            path = f"auth/userpass/users/{name}"
            yield self.token.may("create", path, {"password": "x", "token_policies": [_SOME]})
        for name in self.token.names_in("auth/approle/role/"):
            secret = self.token.may("update", f"auth/approle/role/{name}/secret-id")
            if secret is not None:
                yield self.token.may("create", f"auth/approle/role/{name}", {"token_policies": [_SOME]})

    def _identity(self) -> Iterator[May | None]:
        """V5: by its entity's name, or a group that it makes with itself in it."""
        entity = self.grounds.world.entity_of(self.token.role)
        if entity:
            yield self.token.may("update", f"identity/entity/name/{entity}", {"policies": [_SOME]})
            yield self.token.may("update", "identity/entity", {"name": entity, "policies": [_SOME]})
        yield self.token.may("update", "identity/group", {"name": "writ-new", **_MEMBER})
        for name in self.token.names_in("identity/group/name/"):
            yield self.token.may("update", f"identity/group/name/{name}", _MEMBER)

    def _by_id(self, kind: str) -> Iterator[May | None]:
        """Ids aren't read."""
        folder = f"identity/{kind}/id/"
        for name in self.token.names_in(folder):
            yield self.token.may("update", f"{folder}{name}", {"policies": [_SOME]} if kind == "entity" else _MEMBER)

    def _create(self) -> Iterator[May | None]:
        """V6. With sudo the server gives a token any policy that is there."""
        wanted = {"policies": [_SOME]}
        plain = self.token.may("update", "auth/token/create", wanted)
        sudo = self.token.may("sudo", "auth/token/create") if plain else None
        yield plain if sudo is not None and sudo.certain else None
        yield self.token.may("update", "auth/token/create-orphan", wanted)

    def _mounts(self) -> Iterator[Step]:
        """V7."""
        told: set[frozenset[str]] = set()
        for name in self.token.names_in("sys/auth/"):
            may = self.token.may("create", f"sys/auth/{name}", {"type": "userpass"}) or self.token.may(
                "update", f"sys/auth/{name}", {"type": "userpass"}
            )
            if may is not None and may.policies not in told:
                told.add(may.policies)
                user = self.token.may("create", f"auth/{name}/users/x", {"password": "x", "token_policies": [_SOME]})
                whole = user is not None and user.certain
                yield from self._any(
                    [may], "V7", sure=whole, note="" if whole else "if it may configure what it mounts"
                )
        moved = self.token.may("update", "sys/remount", {"from": "kv", "to": "writ-new"})
        yield from self._any([moved], "V7", sure=False, note="if it may read where it moves what is mounted")
        for raw in distinct(
            self.token.may("update", f"sys/raw/{name}", {"value": "x"}) for name in ("writ-new", "core/writ-new")
        ):
            note = "where the server has its raw storage open (raw_storage_endpoint)"
            yield self.grounds.step(self.token, raw, self._administrator, "V7", sure=False, note=note)
