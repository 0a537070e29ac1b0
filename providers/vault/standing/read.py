"""All that stands in one server (one namespace), mount by mount."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from providers.vault.resource import text
from providers.vault.standing.access import Policies
from providers.vault.standing.gaps import Gaps
from providers.vault.standing.logins import Logins
from providers.vault.standing.secrets import Engines
from providers.vault.standing.tokens import Tokens
from reconciler.model import Standing, Unseen

if TYPE_CHECKING:
    from providers.vault.client import VaultClient

_TOKEN = "token"  # noqa: S105 - the type of the mount that is always there


def inventory(client: VaultClient) -> Iterator[Standing | Unseen]:
    """Logins, tokens, and what secret engines hold."""
    gaps = Gaps(client.scope.system)
    empty: dict[str, Any] = {}
    ourselves = gaps.read("our own token", lambda: client.get("auth/token/lookup-self"), empty) or {}
    engines = gaps.read("secret engines", lambda: client.get("sys/mounts"), empty) or {}
    paths = {path.rstrip("/"): entry for path, entry in engines.items() if isinstance(entry, dict)}
    kept = tuple(sorted(path for path in paths if path not in {"sys", "identity", "cubbyhole"}))
    policies = Policies(client, gaps, kept)
    mounts = gaps.read("auth mounts", lambda: client.auth_mounts(again=True), empty)
    logins = Logins(client, gaps, policies, _own_role(ourselves))
    for mount, entry in mounts.items():
        if text(entry, "type") not in {_TOKEN, f"ns_{_TOKEN}"}:
            yield from logins.of(mount, text(entry, "type"))
        yield from gaps.told()
    tokens = Tokens(client, gaps, policies, text(ourselves, "accessor"))
    yield from tokens.roles()
    yield from tokens.alive()
    yield from gaps.told()
    for mount, entry in paths.items():
        yield from Engines(client, gaps).of(mount, entry)
        yield from gaps.told()


def _own_role(ourselves: Mapping[str, Any]) -> tuple[str, str]:
    """Mount and role of our own login, where it was one."""
    path, meta = text(ourselves, "path"), ourselves.get("meta") or {}
    mount = path.removeprefix("auth/").removesuffix("/login") if path.endswith("/login") else ""
    return mount, text(meta, "role") or text(meta, "role_name")
