"""How a login is made: passwords from their source, TLS that proves the server, and what goes wrong in plain words."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from providers.ldap.client import LdapClient
from providers.ldap.connection import LdapConnection
from providers.ldap.entry import Modification
from providers.ldap.login import connect
from reconciler.provider import Denied, ProviderError, Rejected, Unreachable
from specs.redaction import redacted
from tests.providers.ldap.certificates import certificate
from tests.providers.ldap.directory import Directory

SECRET = "correct horse battery staple"


@pytest.fixture
def login(directory: Directory) -> Iterator[str]:
    """An entry with a password, that may what the operator may."""
    dn = f"cn=operator,{directory.root}"
    values = {"objectClass": ["organizationalRole", "simpleSecurityObject"], "cn": ["operator"]}
    directory.hands.add(dn, {**values, "userPassword": [SECRET]})
    config, entry = directory.server.admin(), directory.server.database_of("dc=tests")
    rule = f'{{0}}to dn.subtree="{directory.root}" by dn.exact="{dn}" read by * break'
    config.modify(entry, [Modification("olcAccess", rule, adds=True)])
    yield dn
    config.modify(entry, [Modification("olcAccess", rule, adds=False)])
    config.close()


def block(directory: Directory, **more: Any) -> LdapConnection:
    return LdapConnection.model_validate({"url": directory.server.endpoint, "password_env": "PW"} | more)


def joined(directory: Directory, found: LdapConnection, **environ: str) -> LdapClient:
    client = connect(directory.scope, found, {"PW": SECRET} | environ)
    client.close()
    return client


def ways(tmp_path: Path) -> list[dict[str, Any]]:
    file = tmp_path / "password"
    file.write_text(f"{SECRET}\n")
    program = f"print({SECRET!r})"
    return [
        {"password_env": "PW"},
        {"password_env": "", "password_file": str(file)},
        {"password_env": "", "password_command": [sys.executable, "-c", program]},
    ]


def test_a_password_comes_from_its_source_and_is_never_shown(directory: Directory, login: str, tmp_path: Path) -> None:
    for way in ways(tmp_path):
        found = joined(directory, block(directory, bind_dn=login, **way))
        assert found.identity == f"dn:{login}"
    assert SECRET not in redacted(f"it is {SECRET}")


def test_what_the_file_leaves_out_comes_from_the_tools_environment(directory: Directory, login: str) -> None:
    bare = LdapConnection.model_validate({"password_env": "PW"})
    assert joined(directory, bare, LDAPURI=directory.server.endpoint, LDAPBINDDN=login).identity == f"dn:{login}"
    with pytest.raises(Unreachable, match="no url"):
        joined(directory, bare)
    with pytest.raises(Denied, match="nobody to bind as"):
        joined(directory, bare, LDAPURI=directory.server.endpoint)


@pytest.mark.parametrize("tls", ["ldaps", "start_tls"])
def test_tls_proves_the_server(directory: Directory, login: str, tls: str, tmp_path: Path) -> None:
    server = directory.server
    where: dict[str, Any] = {"url": server.secure, "bind_dn": login}
    if tls == "start_tls":
        where |= {"url": server.endpoint.replace("127.0.0.1", "localhost"), "start_tls": "true"}
    authority = server.certificate
    assert joined(directory, block(directory, **where, ca_cert=str(authority))).identity == f"dn:{login}"
    assert joined(directory, block(directory, **where), LDAPTLS_CACERT=str(authority)).identity == f"dn:{login}"
    stranger, _ = certificate(tmp_path)
    for wrong in ({}, {"ca_cert": str(stranger)}):
        with pytest.raises(Denied, match="isn't who it should be"):
            joined(directory, block(directory, **where, **wrong))
    with pytest.raises(Denied, match="ca_cert can't be used"):
        joined(directory, block(directory, **where, ca_cert=str(tmp_path / "none.pem")))


def test_tls_looks_at_the_name(directory: Directory, login: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server with somebody else's certificate, of the right authority."""
    url = directory.server.secure.replace("localhost", "127.0.0.2")
    monkeypatch.setattr("ldap3.Server.candidate_addresses", lambda self: [(2, 1, 6, "", self.real, None, None)])
    monkeypatch.setattr("ldap3.Server.real", ("127.0.0.1", int(url.rpartition(":")[2])), raising=False)
    monkeypatch.setattr("ldap3.Server.update_availability", lambda *_: None)
    with pytest.raises(Denied, match="mismatch"):
        joined(directory, block(directory, url=url, bind_dn=login, ca_cert=str(directory.server.certificate)))


def failures(directory: Directory, login: str) -> list[tuple[dict[str, Any], dict[str, str], type[ProviderError], str]]:
    return [
        ({"bind_dn": login}, {"PW": "wrong"}, Denied, "invalidCredentials|Invalid"),
        ({"bind_dn": login}, {"PW": ""}, Denied, "variable PW is empty"),
        ({"bind_dn": login, "password_env": "", "password_file": "/nowhere"}, {}, Denied, "cannot read /nowhere"),
        ({"bind_dn": login, "password_env": "", "password_command": ["false"]}, {}, Denied, "exited with 1"),
        ({"bind_dn": login, "password_env": ""}, {}, Denied, "no password"),
        ({"bind_dn": login, "url": "ldap://ldap.example.com"}, {}, Rejected, "in clear"),
        ({"bind_dn": login, "url": "ldap://127.0.0.1:1"}, {}, Unreachable, "can't be reached"),
        ({"bind_dn": login, "url": "ldapi://%2Fnowhere"}, {}, Unreachable, "can't be reached"),
    ]


def test_what_goes_wrong_is_told(directory: Directory, login: str) -> None:
    for where, environ, kind, words in failures(directory, login):
        with pytest.raises(kind, match=words) as failed:
            joined(directory, block(directory, **where), **environ)
        assert type(failed.value) is kind
        assert SECRET not in f"{failed.value} {failed.value.help}"


def test_we_are_no_agent_and_the_places_are_there(directory: Directory, login: str) -> None:
    agent = f"uid=me,ou=agents,{directory.root}"
    values = {"objectClass": ["account", "simpleSecurityObject"], "uid": ["me"], "userPassword": [SECRET]}
    directory.hands.add(agent, values)
    with pytest.raises(Rejected, match="among the agents' accounts"):
        joined(directory, block(directory, bind_dn=agent))
    directory.hands.delete(directory.scope.settings.base)
    with pytest.raises(Rejected, match=r"base .* isn't there"):
        joined(directory, block(directory, bind_dn=login))


def test_without_the_rights_a_change_is_denied(directory: Directory, login: str) -> None:
    """This login only reads."""
    dn = directory.has_group("staff", directory.person())
    client = connect(directory.scope, block(directory, bind_dn=login), {"PW": SECRET})
    with pytest.raises(Denied, match="LDAP result 50"):
        client.modify(dn, [Modification("member", directory.account(), adds=True)])
    client.close()
