"""From a connection block to a client that is logged in to the directory that the specs mean."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from providers.ldap.client import LdapClient
from providers.ldap.connection import LdapConnection, is_private
from providers.ldap.dn import BadDn, normal
from providers.ldap.secret import password
from providers.ldap.settings import LdapSettings
from reconciler.provider import Denied, Rejected, Scope, Unreachable


def connect(scope: Scope[LdapSettings], connection: LdapConnection, environ: Mapping[str, str]) -> LdapClient:
    """Log in, and make sure that this is the directory that the specs mean."""
    url = url_of(scope, connection, environ)
    secret = {"ca_cert": connection.ca_cert or environ.get("LDAPTLS_CACERT", ""), "bind_dn": "", "password": ""}
    if connection.method == "simple":
        secret["bind_dn"] = connection.bind_dn or environ.get("LDAPBINDDN", "")
        if not secret["bind_dn"]:
            raise Denied("nobody to bind as", help="bind_dn in the connection, LDAPBINDDN, or method: external")
        secret["password"] = password(connection, environ)
    client = LdapClient(url, connection, secret, scope)
    try:
        _verify(client)
    except BaseException:
        client.close()
        raise
    return client


def url_of(scope: Scope[LdapSettings], connection: LdapConnection, environ: Mapping[str, str]) -> str:
    """Where to log in. Raises ProviderError where no password may go there."""
    url = connection.url or environ.get("LDAPURI", "").split(" ")[0]
    if not url:
        raise Unreachable("no url", help=f"set LDAPURI, or url in {scope.system}'s connection")
    if connection.method == "external" and not url.startswith("ldapi:"):
        raise Rejected(f"method external is for an ldapi:// url, not {url}", help="use bind_dn and a password")
    if connection.method == "simple" and not (url.startswith("ldaps:") or connection.start_tls or is_private(url)):
        raise Rejected(f"{url} would carry the password in clear", help="use ldaps://, or start_tls: true")
    return url


def _verify(client: LdapClient) -> None:
    settings = client.settings
    with suppress(BadDn):
        who = normal(client.identity.removeprefix("dn:"))
        if settings.is_agents(who):
            raise Rejected(
                f"logged in as {who}, which lies among the agents' accounts: its memberships would be taken away",
                help="log in as somebody outside accounts",
            )
    for name, dn in (("base", settings.base), ("accounts", settings.accounts)):
        if client.entry(dn, ["entryUUID"]) is None:
            raise Rejected(
                f"{name} {dn} isn't there, or this login may not see it",
                help="correct it in the Environment, or give the login what `writ permissions plan` prints",
            )
