"""Who can log in: the roles and users of auth mounts. A secret id or a password is never among what is read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from providers.vault.names import JWT_ROLE
from providers.vault.resource import keys, text, texts
from providers.vault.standing.access import DEFAULT, Held, Policies
from providers.vault.standing.gaps import Gaps
from providers.vault.standing.values import batches, moment, number
from reconciler.model import Holds, Side, Standing, Value, Whose, Width, Witness

if TYPE_CHECKING:
    from providers.vault.client import VaultClient

APPROLE = "vault_approle_auth_backend_role"
USER = "vault_userpass_user"
KUBERNETES_ROLE = "vault_kubernetes_auth_backend_role"
_ANY_ADDRESS = Width(Side.TRUST, Witness("log in from any address", note="no CIDR is bound"))
_NO_SECRET = Width(Side.TRUST, Witness("log in with the role id alone", note="bind_secret_id is off"))
_MOST_USERS = 5
Found: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Logins:
    """Reads auth mounts of one server."""

    client: VaultClient
    gaps: Gaps
    policies: Policies
    own: tuple[str, str] = ("", "")
    """Mount and role with which we logged in."""
    _kinds: Mapping[str, tuple[str, Callable[[Logins, str, str, Found], Standing]]] = field(
        default_factory=lambda: _KINDS
    )

    def of(self, mount: str, kind: str) -> Iterator[Standing]:
        """All of one mount."""
        if kind not in self._kinds:
            self.gaps.add(f"auth/{mount}", f"who can log in at a mount of type {kind} isn't looked at")
            return
        folder, make = self._kinds[kind]
        what = f"{folder}s of auth/{mount}".replace("ss of", "s of")
        listed = self.gaps.read(what, lambda: self.client.list(f"auth/{mount}/{folder}"), None)

        def one(name: str) -> Standing | None:
            path = f"auth/{mount}/{folder}/{name}"
            found = self.gaps.read(what, lambda: self.client.get(path), None)
            return None if found is None else make(self, mount, name, found)

        for batch in batches(keys(listed)):
            yield from (made for made in self.client.each(one, batch) if made is not None)

    def held(self, found: Found) -> Held | None:
        """Its policies: older mounts write them under another name."""
        names = [*texts(found, "token_policies"), *texts(found, "policies")]
        return self.policies.held([*names, *(() if found.get("token_no_default_policy") else (DEFAULT,))])

    def whose(self, mount: str, name: str) -> Whose:
        """Ours to manage, what we are logged in with, or anybody's."""
        if mount in self.client.scope.settings.mounts:
            return Whose.DYNAMIC
        return Whose.OPERATOR if (mount, name) == self.own else Whose.STANDING


def _facts(held: Held | None, found: Found) -> dict[str, Value]:
    facts: dict[str, Value] = {"token_ttl": number(found, "token_ttl"), "token_period": number(found, "token_period")}
    return facts | {"policies": None if held is None else [name for name, _, _ in held.texts]}


def _approle(logins: Logins, mount: str, name: str, found: Found) -> Standing:
    held = logins.held(found)
    issued = _SecretIds.of(logins, mount, name) if found.get("bind_secret_id", True) else _SecretIds()
    bound = texts(found, "secret_id_bound_cidrs") or texts(found, "token_bound_cidrs") or issued.bound
    ttl = number(found, "secret_id_ttl")
    trust = () if found.get("bind_secret_id", True) else (_NO_SECRET,)
    return Standing(
        logins.client.scope.address(APPROLE, f"{mount}/{name}"),
        "AppRole",
        principals=(f"{mount}/{name}",),
        whose=logins.whose(mount, name),
        holds=Holds.NOTHING if issued.number == 0 else Holds.CREDENTIAL,
        created=issued.oldest,
        life=ttl or None,
        endless=bool(found.get("bind_secret_id", True)) and (not ttl or issued.endless > 0),
        widths=(*trust, *(() if bound else (_ANY_ADDRESS,)), *logins.policies.widths(held)),
        users=tuple(f"secret id {n} of {issued.number}" for n in range(1, min(issued.number or 0, _MOST_USERS) + 1)),
        facts=_facts(held, found)
        | {"secret_id_ttl": ttl, "secret_ids": issued.number, "secret_ids_without_end": issued.endless},
        access=held,
    )


@dataclass(frozen=True, slots=True)
class _SecretIds:
    """Those of one AppRole, as numbers."""

    number: int | None = 0
    """None: they may not be listed."""
    endless: int = 0
    oldest: Any = None
    bound: bool = False
    """Each of them to addresses."""

    @classmethod
    def of(cls, logins: Logins, mount: str, name: str) -> _SecretIds:
        base, what = f"auth/{mount}/role/{name}", f"secret ids of auth/{mount}"
        missing: dict[str, Any] = {}
        listed = logins.gaps.read(what, lambda: logins.client.list(f"{base}/secret-id"), missing)
        if listed is missing:
            return cls(None)
        names = keys(listed)
        ask = f"{base}/secret-id-accessor/lookup"
        found: list[Found] = []
        for one in names:
            asked = {"secret_id_accessor": one}
            reply = logins.gaps.read(what, lambda asked=asked: logins.client.ask(ask, asked), None)  # type: ignore[misc]
            found += [reply] if reply else []
        made = [when for one in found if (when := moment(one.get("creation_time"))) is not None]
        endless = sum(1 for one in found if moment(one.get("expiration_time")) is None)
        bound = bool(found) and all(one.get("cidr_list") for one in found)
        return cls(len(names), endless, min(made, default=None), bound)


def _user(logins: Logins, mount: str, name: str, found: Found) -> Standing:
    held = logins.held(found)
    return Standing(
        logins.client.scope.address(USER, f"{mount}/{name}"),
        "userpass user",
        principals=(f"{mount}/{name}",),
        whose=logins.whose(mount, name),
        holds=Holds.CREDENTIAL,
        endless=True,
        widths=logins.policies.widths(held),
        facts=_facts(held, found),
        access=held,
    )


def _jwt(logins: Logins, mount: str, name: str, found: Found) -> Standing:
    held = logins.held(found)
    subject, claims = text(found, "bound_subject"), found.get("bound_claims") or {}
    patterns = text(found, "bound_claims_type") == "glob" and any("*" in str(value) for value in claims.values())
    trust: tuple[Width, ...] = ()
    if not subject and (patterns or not claims):
        like = f" like {dict(claims)}" if claims else ""
        trust = (Width(Side.TRUST, Witness(f"log in with a token of any subject{like}", note="no bound_subject")),)
    return Standing(
        logins.client.scope.address(JWT_ROLE, f"{mount}/{name}"),
        "JWT role",
        whose=logins.whose(mount, name),
        widths=(*trust, *logins.policies.widths(held)),
        users=(subject,) if subject else (),
        facts=_facts(held, found) | {"bound_subject": subject},
        access=held,
    )


def _kubernetes(logins: Logins, mount: str, name: str, found: Found) -> Standing:
    held = logins.held(found)
    accounts = texts(found, "bound_service_account_names")
    spaces = texts(found, "bound_service_account_namespaces")
    open_to = [what for what, given in (("account", accounts), ("namespace", spaces)) if "*" in given]
    trust = tuple(Width(Side.TRUST, Witness(f"log in as a service account of any {what}")) for what in open_to[:1])
    return Standing(
        logins.client.scope.address(KUBERNETES_ROLE, f"{mount}/{name}"),
        "Kubernetes role",
        whose=logins.whose(mount, name),
        widths=(*trust, *logins.policies.widths(held)),
        users=tuple(f"{space}/{account}" for space in spaces for account in accounts),
        facts=_facts(held, found),
        access=held,
    )


_KINDS: Mapping[str, tuple[str, Callable[[Logins, str, str, Found], Standing]]] = {
    "approle": ("role", _approle),
    "userpass": ("users", _user),
    "jwt": ("role", _jwt),
    "oidc": ("role", _jwt),
    "kubernetes": ("role", _kubernetes),
}
