"""A connection that breaks, or a server that says nothing: what is known then, and that a second try is safe."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from providers.ldap.client import LdapClient
from providers.ldap.entry import Modification
from providers.ldap.names import GROUP, MEMBERSHIP
from reconciler.engine.apply import apply_plan
from reconciler.engine.session import Session, System
from reconciler.model import Plan
from reconciler.provider import Conflict, UnknownOutcome, Unreachable
from tests.providers.ldap.directory import Directory
from tests.providers.ldap.wire import ADD, BIND, DELETE, MODIFY, SEARCH, Wire
from tests.providers.ldap.world import PROVIDER, SYSTEM, access


@pytest.fixture
def wire(directory: Directory) -> Iterator[Wire]:
    made = Wire(int(directory.server.endpoint.rpartition(":")[2]))
    yield made
    made.close()


@pytest.fixture
def client(directory: Directory, wire: Wire) -> Iterator[LdapClient]:
    """The administrator, through the wire."""
    made = directory.as_admin(wire.url)
    yield made
    made.close()


def once(wire: Wire, tag: int, verdict: str) -> None:
    done: list[int] = []

    def judge(found: int) -> str:
        if found == tag and not done:
            done.append(found)
            return verdict
        return "pass"

    wire.judge = judge


@pytest.mark.parametrize("verdict", ["cut", "lose", "spoil"])
@pytest.mark.parametrize("tag", [ADD, MODIFY, DELETE])
def test_of_a_write_without_a_reply_nothing_is_known(
    directory: Directory, wire: Wire, client: LdapClient, tag: int, verdict: str
) -> None:
    dn = directory.has_group("staff", directory.person())
    calls = {
        ADD: lambda: client.add(directory.group("new"), {"objectClass": ["groupOfNames"], "member": [dn]}),
        MODIFY: lambda: client.modify(dn, [Modification("member", directory.account(), adds=True)]),
        DELETE: lambda: client.delete(dn),
    }
    once(wire, tag, verdict)
    with pytest.raises(UnknownOutcome):
        calls[tag]()
    # On a new connection the truth is seen; what was done already is told apart.
    if verdict != "cut" and tag != DELETE:
        with pytest.raises(Conflict):
            calls[tag]()
    else:
        calls[tag]()
    done = {
        ADD: directory.hands.entry(directory.group("new"), ["cn"]) is not None,
        MODIFY: directory.account() in directory.values(dn, "member"),
        DELETE: directory.hands.entry(dn, ["cn"]) is None,
    }
    assert done[tag]


def test_a_reply_to_a_read_that_is_no_message_is_told(directory: Directory, wire: Wire, client: LdapClient) -> None:
    wire.judge = lambda tag: "spoil" if tag == SEARCH else "pass"
    with pytest.raises(Unreachable, match="a reply that can't be read"):
        client.entry(directory.root, ["ou"])
    wire.judge = lambda tag: "pass"
    assert client.entry(directory.root, ["ou"]) is not None
    wire.judge = lambda tag: "spoil" if tag == BIND else "pass"
    with pytest.raises(Unreachable, match="a reply that can't be read"):
        directory.as_admin(wire.url)


@pytest.mark.parametrize("verdict", ["cut", "lose"])
def test_a_read_is_made_once_more_and_then_told(
    directory: Directory, wire: Wire, client: LdapClient, verdict: str
) -> None:
    once(wire, SEARCH, verdict)
    assert client.entry(directory.root, ["ou"]) is not None
    wire.judge = lambda tag: verdict if tag == SEARCH else "pass"
    with pytest.raises(Unreachable):
        client.entry(directory.root, ["ou"])


@pytest.mark.parametrize(("tag", "error"), [(SEARCH, Unreachable), (MODIFY, UnknownOutcome)])
def test_a_server_that_says_nothing_is_waited_for_so_long(
    directory: Directory, wire: Wire, client: LdapClient, tag: int, error: type[Exception]
) -> None:
    client.seconds = 0.2
    wire.judge = lambda found: "stall" if found == tag else "pass"
    calls = {
        SEARCH: lambda: client.entry(directory.root, ["ou"]),
        MODIFY: lambda: client.modify(directory.root, [Modification("description", "x", adds=True)]),
    }
    with pytest.raises(error, match=r"no answer within 0\.2 s"):
        calls[tag]()


@pytest.mark.parametrize("verdict", ["cut", "lose"])
@pytest.mark.parametrize("tag", [ADD, MODIFY])
def test_an_apply_finds_out_and_goes_on(
    directory: Directory, wire: Wire, client: LdapClient, tag: int, verdict: str
) -> None:
    directory.want(access("writ-wiki"))
    once(wire, tag, verdict)
    plan = Plan("test", datetime.now(UTC), "", "", 0, (), directory.planned().changes)
    session = Session({SYSTEM: System(PROVIDER, directory.scope, client)})
    assert apply_plan(plan, session, directory.recorder, lambda event: None, interrupted=lambda: False).ok
    assert directory.changes() == {}
    assert {address.type for address in directory.recorder.objects} == {GROUP, MEMBERSHIP}
