"""The rules that ``writ permissions`` prints: enough, and none of them too much."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import pytest

from providers.ldap.client import LdapClient
from providers.ldap.connection import LdapConnection
from providers.ldap.entry import Modification
from providers.ldap.login import connect
from providers.ldap.permissions import rules
from reconciler.provider import NOTHING_BEYOND, Beyond, ProviderError, Retiring
from tests.providers.ldap.directory import Directory
from tests.providers.ldap.world import PROVIDER, access, scope_of

SECRET = "only for this test"
WRITING = 5


@pytest.fixture
def logins(directory: Directory) -> Iterator[Callable[[Sequence[str]], LdapClient]]:
    """An operator with the given rules and no others."""
    dn = f"cn=operator,{directory.root}"
    values = {"objectClass": ["organizationalRole", "simpleSecurityObject"], "cn": ["operator"]}
    directory.hands.add(dn, {**values, "userPassword": [SECRET]})
    config, entry = directory.server.admin(), directory.server.database_of("dc=tests")
    given: list[str] = []
    made: list[LdapClient] = []

    def make(chosen: Sequence[str]) -> LdapClient:
        for rule in reversed(chosen):
            given.append(f"{{0}}{rule}")
            config.modify(entry, [Modification("olcAccess", given[-1], adds=True)])
        block = LdapConnection.model_validate({"url": directory.server.endpoint, "bind_dn": dn, "password_env": "PW"})
        made.append(connect(directory.scope, block, {"PW": SECRET}))
        return made[-1]

    yield make
    for client in made:
        client.close()
    for rule in reversed(given):
        config.modify(entry, [Modification("olcAccess", rule, adds=False)])
    config.close()


def goes_round(directory: Directory, client: LdapClient) -> None:
    """A group of ours and one of others: made, joined, left, removed. Raises ProviderError, or fails a step."""
    directory.client.close()
    directory.client = client
    for wanted in ([access("writ-wiki", "staff")], []):
        directory.want(*wanted)
        snapshot = directory.read()
        assert not snapshot.diagnostics, "something isn't seen"
        directory.converge()


def chosen(directory: Directory, *, writing: bool) -> list[str]:
    return list(rules(directory.scope.settings, f"cn=operator,{directory.root}", writing=writing))


def test_they_are_enough(directory: Directory, logins: Callable[[Sequence[str]], LdapClient]) -> None:
    directory.has_group("staff", directory.person())
    goes_round(directory, logins(chosen(directory, writing=True)))


@pytest.mark.parametrize("left_out", range(WRITING))
def test_without_one_of_them_it_fails(
    directory: Directory, logins: Callable[[Sequence[str]], LdapClient], left_out: int
) -> None:
    every = chosen(directory, writing=True)
    assert len(every) == WRITING
    directory.has_group("staff", directory.person())
    with pytest.raises((ProviderError, AssertionError)):
        goes_round(directory, logins([rule for at, rule in enumerate(every) if at != left_out]))


def test_those_for_planning_read_and_write_nothing(
    directory: Directory, logins: Callable[[Sequence[str]], LdapClient]
) -> None:
    directory.has_group("staff", directory.person())
    directory.want(access("writ-wiki", "staff"))
    expected = directory.changes()
    directory.client.close()
    directory.client = logins(chosen(directory, writing=False))
    assert directory.changes() == expected
    assert not directory.apply().ok
    assert directory.changes() == expected


def test_an_account_that_is_retired_needs_to_be_seen() -> None:
    beyond = Beyond(retiring=(Retiring("uid=svc,ou=people,dc=example,dc=com"),))
    for writing in (False, True):
        usual, told = (
            PROVIDER.rights(scope_of(), writing=writing, beyond=one).text for one in (NOTHING_BEYOND, beyond)
        )
        more = [line for line in told.splitlines() if line not in usual.splitlines()]
        assert [line.split()[2] for line in more] == [
            'dn.exact="uid=svc,ou=people,dc=example,dc=com"',
            'dn.subtree="cn=Monitor"',
        ]
        assert all(" read by * break" in line for line in more)
        assert told.splitlines()[-1] == usual.splitlines()[-1]
