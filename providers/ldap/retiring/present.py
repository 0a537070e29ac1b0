"""Logging in to a directory as an agent does: with its account's password, which is kept nowhere."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Self

from providers.ldap.client import LdapClient
from providers.ldap.connection import LdapConnection
from providers.ldap.filters import any_of, equals
from providers.ldap.keys import by_value
from providers.ldap.login import url_of
from providers.ldap.settings import LdapSettings
from reconciler.provider import Denied, Minted, Pair, Rejected, Scope

_MOST = 5


class LdapAgent:
    """An agent that is bound as its account. Leaving the block ends that."""

    def __init__(self, client: LdapClient, account: str, seen: str) -> None:
        self._client, self._account, self._seen = client, account, seen

    @property
    def told(self) -> str:
        """As whom, and the groups that it sees itself in."""
        return f"{self._account}, {self._seen}"

    def mint(self, pair: Pair, requester: str) -> Minted:
        """Never."""
        raise Rejected(f"a directory mints no login of {pair.agent.name} for {requester}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()


def present(
    scope: Scope[LdapSettings], connection: LdapConnection, environ: Mapping[str, str], pair: Pair, password: str
) -> LdapAgent:
    """Bind as the agent's account, and look what it sees. Raises ProviderError."""
    account = scope.settings.account(pair.agent.name)
    if not password:  # such a bind succeeds as nobody (RFC 4513, 5.1.2)
        raise Denied(f"no password of {account}", help="the file must hold it, and nothing else")
    simple = connection.model_copy(update={"method": "simple"})
    ca_cert = connection.ca_cert or environ.get("LDAPTLS_CACERT", "")
    secret = {"ca_cert": ca_cert, "bind_dn": account, "password": password}
    client = LdapClient(url_of(scope, simple, environ), simple, secret, scope)
    try:
        _verify(client, account)
        return LdapAgent(client, account, _groups(client, account, pair.agent.name))
    except BaseException:
        client.close()
        raise


def _verify(client: LdapClient, account: str) -> None:
    if by_value(client.identity.removeprefix("dn:")) != account:
        raise Rejected(f"bound as {account}, and the server takes it for {client.identity}")


def _groups(client: LdapClient, account: str, name: str) -> str:
    """What applications that ask as the agent itself would see; most directories show nobody its groups."""
    wanted = any_of((equals("member", account), equals("uniqueMember", account), equals("memberUid", name)))
    try:
        found = client.search(client.settings.base, wanted, ("cn",)) or ()
    except Denied:
        return "which may not look at its groups"
    names = sorted(by_value(one.dn) for one in found)
    if not names:
        return "which may not see the groups that it is in"
    more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
    return f"which sees itself in {', '.join(names[:_MOST])}{more}"
