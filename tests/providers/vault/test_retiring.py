"""An AppRole and a user with a password on their way out, at a real OpenBao."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import hvac
import pytest

from providers.vault.client import VaultClient
from providers.vault.connect import anonymous
from providers.vault.connection import VaultConnection
from providers.vault.names import RETIRING
from providers.vault.provider import VaultProvider
from reconciler.model import Live, Retirable, Standing
from reconciler.provider import Conflict, Rejected, Retiring
from tests.providers.vault.world import Estate

PROVIDER = VaultProvider()
PASSWORD = "kept-for-years"
Enter = Callable[[], str]


@pytest.fixture(params=["approle/export", "userpass/olga"])
def standing(request: pytest.FixtureRequest, estate: Estate) -> Iterator[tuple[str, VaultClient, Enter]]:
    """A login at a mount of its own, root's client, and how somebody logs in there."""
    principal: str = request.param
    kind, _, name = principal.partition("/")
    root = estate.root
    root.post(f"sys/auth/{kind}", {"type": kind})
    root.forget_mounts()
    bao = hvac.Client(url=root.origin)
    if kind == "approle":
        root.post(
            f"auth/approle/role/{name}",
            {"token_policies": ["x"], "token_ttl": 600, "token_bound_cidrs": ["127.0.0.0/8"]},
        )
        role = (root.get(f"auth/approle/role/{name}/role-id") or {})["role_id"]
        secret = (root.post(f"auth/approle/role/{name}/secret-id", {}) or {})["secret_id"]

        def enter() -> str:
            return str(bao.auth.approle.login(role, secret)["auth"]["client_token"])
    else:
        root.post(f"auth/userpass/users/{name}", {"password": PASSWORD, "token_policies": ["x"]})

        def enter() -> str:
            return str(bao.auth.userpass.login(name, PASSWORD)["auth"]["client_token"])

    yield principal, root, enter
    bao.adapter.close()
    root.delete(f"sys/auth/{kind}")
    root.forget_mounts()


def look(client: VaultClient, principal: str) -> Retirable:
    return PROVIDER.retirables(client, client.scope, [Retiring(principal)])[principal]


def update(client: VaultClient, before: Live, after: Any) -> None:
    PROVIDER.types[RETIRING].update(client, before, after)


def delete(client: VaultClient, before: Live) -> None:
    PROVIDER.types[RETIRING].delete(client, before)


def described(root: VaultClient, path: str) -> dict[str, Any]:
    """All that the server says of it. A list that was never given, and an empty one, are the same to it."""
    return {name: [] if value is None else value for name, value in (root.get(path) or {}).items()}


def test_it_is_locked_unlocked_exactly_and_deleted(standing: tuple[str, VaultClient, Enter]) -> None:
    principal, root, enter = standing
    found = look(root, principal)
    path = (
        f"auth/{'approle/role' if principal.startswith('approle') else 'userpass/users'}/{principal.partition('/')[2]}"
    )
    before = described(root, path)
    assert (found.quarantined, found.uses, found.never) == (False, (), ())
    update(root, found.live, found.locked)
    with pytest.raises((hvac.exceptions.Forbidden, hvac.exceptions.InvalidRequest)):
        enter()
    locked = look(root, principal)
    assert locked.quarantined
    assert PROVIDER.types[RETIRING].read(root, principal) is not None
    assert locked.live.resource == found.locked
    update(root, locked.live, found.live.resource)
    assert described(root, path) == before
    root.post("auth/token/revoke", {"token": enter()})
    with pytest.raises(Conflict, match="can log in again"):
        delete(root, found.live)
    update(root, found.live, found.locked)
    delete(root, locked.live)
    assert PROVIDER.retirables(root, root.scope, [Retiring(principal)]) == {}
    delete(root, locked.live)


def test_a_token_that_is_alive_stops_it(standing: tuple[str, VaultClient, Enter]) -> None:
    principal, root, enter = standing
    token = enter()
    found = look(root, principal)
    (use,) = found.uses
    accessor = (root.ask("auth/token/lookup", {"token": token}) or {})["accessor"]
    assert (use.who, use.now, use.since is not None) == (f"token with accessor {accessor[:8]}…", True, True)
    with pytest.raises(Conflict, match="is in use: token with accessor"):
        update(root, found.live, found.locked)
    assert not look(root, principal).quarantined
    root.post("auth/token/revoke", {"token": token})
    assert look(root, principal).uses == ()


def test_names_are_one_whatever_their_case(standing: tuple[str, VaultClient, Enter]) -> None:
    """A user logs in by whatever case of the name, and so may the specs write it."""
    principal, root, enter = standing
    bao = hvac.Client(url=root.origin)
    if principal.startswith("userpass"):
        token = str(bao.auth.userpass.login("Olga", PASSWORD)["auth"]["client_token"])
    else:
        token = enter()
    for name in (principal, principal.replace("/e", "/E").replace("/o", "/O")):
        assert len(look(root, name).uses) == 1, name
    root.post("auth/token/revoke", {"token": token})
    bao.adapter.close()


def test_who_may_not_list_tokens_retires_nobody(standing: tuple[str, VaultClient, Enter], estate: Estate) -> None:
    """The login that manages the scope may read the role, once it is let; not who is logged in."""
    principal, root, _ = standing
    root.post("sys/policies/acl/less", {"policy": 'path "auth/*" { capabilities = ["read", "update"] }'})
    token = (root.hvac.auth.token.create(policies=["less"]) or {})["auth"]["client_token"]
    weak = anonymous(estate.client.scope, VaultConnection(address=root.origin), {})
    weak.use_token(token)
    weak._mounts = dict(root.auth_mounts())
    found = look(weak, principal)
    assert any("can't be seen" in one for one in found.unseen)
    with pytest.raises(Conflict, match="can't be seen"):
        update(weak, found.live, found.locked)
    assert not look(root, principal).quarantined
    weak.close()


def test_what_is_neither_is_refused(estate: Estate) -> None:
    with pytest.raises(Rejected, match="type token can't be retired"):
        look(estate.root, "token/x")
    assert PROVIDER.retirables(estate.root, estate.root.scope, [Retiring("nowhere/x")]) == {}


def test_an_inventory_knows_it_by_the_name_that_a_retirement_has(standing: tuple[str, VaultClient, Enter]) -> None:
    principal, root, _ = standing
    found = PROVIDER.inventory(root, root.scope) or ()
    assert (principal,) in [one.principals for one in found if isinstance(one, Standing)]
