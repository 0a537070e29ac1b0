"""AppRoles and users with a password that are to go, as facts: whose tokens are alive, and why one must stay."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from providers.vault.names import RETIRING, split_last
from providers.vault.resource import keys, text, texts
from providers.vault.standing.values import batches, moment
from reconciler.model import Live, Ownership, Resource, Retirable, Use, Value
from reconciler.provider import Denied, Rejected, Retiring

if TYPE_CHECKING:
    from providers.vault.client import VaultClient

FOLDERS: Mapping[str, str] = {"approle": "role", "userpass": "users"}
"""Where mounts of a type keep who logs in there."""
BOUND: Mapping[str, tuple[str, ...]] = {
    # An AppRole's tokens are bound when they are used, its logins by what binds its secret ids.
    "approle": ("secret_id_bound_cidrs", "token_bound_cidrs"),
    "userpass": ("token_bound_cidrs",),
}
"""What says from where somebody may log in, and use what is got by it."""
NOBODY = "255.255.255.255/32"
"""The broadcast address, from which no request comes: bound to it alone, nobody logs in."""
_WHAT = {"approle": "AppRole", "userpass": "user with a password"}


@dataclass(frozen=True, slots=True)
class Login:
    """Who logs in at a mount."""

    principal: str
    """``approle/export``: the mount, and the name there."""
    kind: str
    """The mount's type."""
    path: str
    """In the API."""
    bound: Mapping[str, list[str]]
    """Addresses by the field that names them; none: any."""
    batch: bool
    """Whether its tokens are ones that no server lists."""

    @property
    def whose(self) -> str:
        """As the tokens that it gets are told: to the server names are one whatever their case, and mounts aren't."""
        mount, name = split_last(self.principal)
        return f"{mount}/{name.lower()}"

    @property
    def locked(self) -> bool:
        """Whether nobody can log in."""
        return all(addresses == [NOBODY] for addresses in self.bound.values())


def login(client: VaultClient, principal: str) -> Login | None:
    """One of them; None where it isn't there. Raises Rejected for a mount of another type."""
    mount, name = split_last(principal)
    found_mount = client.auth_mounts().get(mount)
    if found_mount is None:
        return None
    kind = text(found_mount, "type")
    if kind not in FOLDERS:
        message = f"{principal}: who logs in at a mount of type {kind} can't be retired"
        raise Rejected(message, help=f"known are mounts of the types {', '.join(FOLDERS)}")
    path = f"auth/{mount}/{FOLDERS[kind]}/{name}"
    found = client.get(path)
    if found is None:
        return None
    bound = {field: [_whole(one) for one in texts(found, field)] for field in BOUND[kind]}
    return Login(principal, kind, path, bound, text(found, "token_type") == "batch")


def _whole(address: str) -> str:
    """The server leaves out what is said of a single address."""
    return NOBODY if f"{address}/32" == NOBODY else address


def live(client: VaultClient, found: Login) -> Live:
    """In the form in which it is compared."""
    values: dict[str, Value] = dict(found.bound)
    address = client.scope.address(RETIRING, found.principal)
    return Live(Resource(address, values), Ownership.UNMARKED, in_scope=False)


def look(client: VaultClient, wanted: Collection[Retiring]) -> dict[str, Retirable]:
    """Those that are there, by name."""
    every = [found for one in wanted if (found := login(client, one.principal)) is not None]
    if not every:
        return {}
    uses = tokens(client, every)
    ourselves = client.get("auth/token/lookup-self") or {}
    return {found.principal: _retirable(client, found, uses, ourselves) for found in every}


def tokens(client: VaultClient, every: Collection[Login]) -> dict[str, list[Use]] | None:
    """Tokens that are alive, by Login.whose; None where this run's login may not list them."""
    uses: dict[str, list[Use]] = {one.whose: [] for one in every}
    try:
        for batch in batches(keys(client.list("auth/token/accessors"))):
            for found in client.each(lambda accessor: _asked(client, accessor), batch):
                whose = _principal(found) if found is not None else ""
                if found is not None and whose in uses:
                    uses[whose].append(_use(found))
    except Denied:
        return None
    return uses


def _asked(client: VaultClient, accessor: str) -> dict[str, Any] | None:
    try:
        return client.ask("auth/token/lookup-accessor", {"accessor": accessor})
    except Rejected:  # it has ended since
        return None


def _principal(found: Mapping[str, Any]) -> str:
    """Of the login that made a token, as Login.whose: AppRoles by what it says of them, users by its path."""
    path, meta = text(found, "path"), found.get("meta") or {}
    mount, slash, name = path.removeprefix("auth/").partition("/login")
    name = text(meta, "role_name") or name.removeprefix("/")
    return f"{mount}/{name.lower()}" if slash and path.startswith("auth/") else ""


def _use(found: Mapping[str, Any]) -> Use:
    """By the first characters of its accessor, which shows nothing and ends it."""
    return Use(f"token with accessor {text(found, 'accessor')[:8]}…", since=moment(found.get("creation_time")))


def _retirable(
    client: VaultClient, found: Login, uses: Mapping[str, list[Use]] | None, ourselves: Mapping[str, Any]
) -> Retirable:
    now = live(client, found)
    return Retirable(
        now,
        _WHAT[found.kind],
        found.locked,
        Resource(now.resource.address, {field: [NOBODY] for field in found.bound}),
        ends=("its logins: it is bound to an address that nobody comes from, and its secrets are kept",),
        uses=tuple((uses or {}).get(found.whose, ())),
        losing=("its secret ids or its password go with it",),
        unseen=tuple(_unseen(found, uses)),
        never=tuple(_never(client, found, ourselves)),
    )


def _unseen(found: Login, uses: Mapping[str, list[Use]] | None) -> Iterator[str]:
    if uses is None:
        yield "whether its tokens are alive can't be seen: that needs list with sudo on auth/token/accessors"
    if found.batch:
        yield "its tokens are batch tokens, which no server lists: whether it is used can't be seen"


def _never(client: VaultClient, found: Login, ourselves: Mapping[str, Any]) -> Iterator[str]:
    if _principal(ourselves) == found.whose:
        yield f"{found.principal} is the login of this run"
    if split_last(found.principal)[0] in client.scope.settings.mounts:
        yield f"{found.principal} is at a mount of Writ's own"
