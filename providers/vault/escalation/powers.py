"""What a login may write that decides on policies and logins themselves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from providers.vault.escalation.token import Grounds, May, Token, first
from providers.vault.names import split_last
from reconciler.model import Address, Kind, Spot, Step

FOLDERS = (
    *("sys/policies/acl/", "sys/policy/", "sys/auth/", "sys/raw", "identity/entity", "identity/group"),
    *("auth/token/create", "auth/userpass/users/", "auth/approle/role/"),
)
"""Where the powers lie, besides the roles of a login's own mount."""
_SOME = "an-existing-policy"
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
        if not self.token.concerns((*FOLDERS, roles)):
            return
        yield from self._policies()
        yield from self._any(self._roles(roles), "V4")
        yield from self._any(self._users(), "V4", sure=False, note="if such an auth method is there")
        yield from self._any(self._identity(), "V5")
        unknown = self.token.may("update", "identity/entity/id/writ-new", {"policies": [_SOME]})
        yield from self._any(unknown, "V5", sure=False, note="if no other rule is about its own id")
        yield from self._any(self._create(), "V6")
        token_role = first(
            self.token.may("update", f"auth/token/create/{name}") for name in self.token.names_in("auth/token/create/")
        )
        yield from self._any(token_role, "V6", sure=False, note="as far as that token role lets it")
        yield from self._mounts()

    @property
    def _administrator(self) -> Spot:
        return Spot(Kind.ADMINISTRATOR, self._system)

    def _any(self, may: May | None, rule: str, *, sure: bool = True, note: str = "") -> Iterator[Step]:
        """Any policy that is there: of any login, and perhaps one that is everything."""
        if may is None:
            return
        everybody = Spot(Kind.EVERYBODY, self._system)
        yield self.grounds.step(self.token, may, everybody, rule, sure=sure, note=note)
        both = "; ".join(one for one in (note, _IF_ONE) if one)
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
                may = first(self.token.may("update", path, _TEXT) for path in paths)
                if may is not None:
                    needs = tuple(dict.fromkeys((self.token.spot, other.spot)))
                    by = self.grounds.of_request(self.token, may)
                    yield Step(needs, self._administrator, may.request, "V1", may.certain, may.note, by)
                    return

    def _roles(self, folder: str) -> May | None:
        """V4: its own mount, where its workload token is taken."""
        return first(
            self._write(folder, name, {"token_policies": [_SOME], "role_type": "jwt"}) for name in self._known(folder)
        )

    def _known(self, folder: str) -> Iterator[str]:
        yield split_last(self.token.role.key)[1]
        yield from self.token.names_in(folder)

    def _write(self, folder: str, name: str, parameters: dict[str, object]) -> May | None:
        role = Address(self._system, self.token.role.type, f"{self._mount}/{name}")
        is_there = folder.startswith(f"auth/{self._mount}/") and role in self.grounds.objects
        return self.token.may("update" if is_there else "create", f"{folder}{name}", parameters)

    def _users(self) -> May | None:
        found = [
            self.token.may("create", f"auth/userpass/users/{name}", {"password": "x", "token_policies": [_SOME]})
            for name in self.token.names_in("auth/userpass/users/")
        ]
        for name in self.token.names_in("auth/approle/role/"):
            role = self.token.may("create", f"auth/approle/role/{name}", {"token_policies": [_SOME]})
            secret = self.token.may("update", f"auth/approle/role/{name}/secret-id")
            found.append(role if secret is not None else None)
        return first(found)

    def _identity(self) -> May | None:
        """V5: by its entity's name, or a group that it makes with itself in it."""
        entity = self.grounds.world.entity_of(self.token.role)
        own = self.token.may("update", f"identity/entity/name/{entity}", {"policies": [_SOME]}) if entity else None
        member = {"policies": [_SOME], "member_entity_ids": ["its own"]}
        groups = (
            self.token.may("update", f"identity/group/name/{name}", member)
            for name in self.token.names_in("identity/group/name/")
        )
        return first((own, self.token.may("update", "identity/group", {"name": "writ-new", **member}), *groups))

    def _create(self) -> May | None:
        """V6. With sudo the server gives a token any policy that is there."""
        wanted = {"policies": [_SOME]}
        orphan = self.token.may("update", "auth/token/create-orphan", wanted)
        plain = self.token.may("update", "auth/token/create", wanted)
        sudo = self.token.may("sudo", "auth/token/create") if plain else None
        return first((plain if sudo is not None and sudo.certain else None, orphan))

    def _mounts(self) -> Iterator[Step]:
        """V7."""
        for name in self.token.names_in("sys/auth/"):
            may = self.token.may("create", f"sys/auth/{name}", {"type": "userpass"}) or self.token.may(
                "update", f"sys/auth/{name}", {"type": "userpass"}
            )
            if may is not None:
                user = self.token.may("create", f"auth/{name}/users/x", {"password": "x", "token_policies": [_SOME]})
                whole = user is not None and user.certain
                yield from self._any(may, "V7", sure=whole, note="" if whole else "if it may configure what it mounts")
                break
        raw = first(
            self.token.may("update", f"sys/raw/{name}", {"value": "x"}) for name in ("writ-new", "core/writ-new")
        )
        if raw is not None:
            note = "where the server has its raw storage open (raw_storage_endpoint)"
            yield self.grounds.step(self.token, raw, self._administrator, "V7", sure=False, note=note)
