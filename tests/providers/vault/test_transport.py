"""The wire: what a lost, cut, throttled, redirected or strange reply becomes, over real sockets."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from providers.vault.client import VaultClient
from providers.vault.errors import InvalidToken
from providers.vault.proxy import proxy_for
from providers.vault.resource import infos
from providers.vault.transport import Origin, Transport
from reconciler.provider import Conflict, ProviderError, Rejected, Throttled, UnknownOutcome, Unreachable
from reconciler.provider.process import free_port
from tests.providers.vault.tiny import Tiny, reply, tiny
from tests.providers.vault.world import scope

TOKEN = "hvs.CAESIJ0123456789abcdefghijk"
OK = reply(200, '{"data": {"a": 1}}')


@pytest.fixture
def clients() -> Iterator[list[VaultClient]]:
    made: list[VaultClient] = []
    yield made
    for client in made:
        client.close()


def client_of(server: Tiny | str, clients: list[VaultClient], namespace: str = "") -> VaultClient:
    address = server if isinstance(server, str) else server.address
    made = VaultClient(Transport(Origin.of(address)), namespace, scope())
    made.use_token(TOKEN)
    clients.append(made)
    return made


def raised(call: object, *args: object) -> ProviderError:
    with pytest.raises(ProviderError) as found:
        call(*args)
    everything = f"{found.value!r} {found.value.help} {found.value.__cause__!r}"
    assert TOKEN not in everything
    assert found.value.__cause__ is None
    assert found.value.__suppress_context__ or found.value.__context__ is None
    return found.value


def test_requests_carry_token_and_namespace_over_one_connection(clients: list[VaultClient]) -> None:
    with tiny(lambda _: reply(200, '{"data": {"a": 1, "keys": []}}')) as server:
        client = client_of(server, clients, "team/a")
        assert client.get("kv/data/with space%2F") == {"a": 1, "keys": []}
        client.post("kv/x", {"b": 2})
        client.list("kv")
        client.delete("kv/x")
        assert server.connections == 1
        get, post, listed, deleted = server.requests
        assert get.startswith("GET /v1/kv/data/with%20space%252F HTTP/1.1\r\n")
        assert f"X-Vault-Token: {TOKEN}\r\n" in get
        assert "X-Vault-Namespace: team/a\r\n" in get
        assert "X-Vault-Request: true\r\n" in get
        assert post.startswith("POST /v1/kv/x")
        assert post.endswith('{"b": 2}')
        assert listed.startswith("GET /v1/kv?list=True")
        assert deleted.startswith("DELETE /v1/kv/x")


def test_a_read_whose_idle_connection_was_closed_is_sent_again(clients: list[VaultClient]) -> None:
    with tiny(lambda n: None if n == 2 else OK) as server:
        client = client_of(server, clients)
        assert client.get("a") == {"a": 1}
        assert client.get("b") == {"a": 1}
        assert [request.split()[1] for request in server.requests] == ["/v1/a", "/v1/b", "/v1/b"]


def test_a_write_whose_reply_is_lost_is_never_sent_again(clients: list[VaultClient]) -> None:
    with tiny(lambda n: None if n == 2 else OK) as server:
        client = client_of(server, clients)
        client.get("a")
        assert type(raised(client.post, "b", {"c": 1})) is UnknownOutcome
        assert len(server.requests) == 2


def test_a_connection_closed_while_idle_is_not_used_for_a_write(clients: list[VaultClient]) -> None:
    closing = reply(200, '{"data": {}}', "X-Cut: 1")  # says keep-alive, and closes
    with tiny(lambda n: closing if n == 1 else OK) as server:
        client = client_of(server, clients)
        client.get("a")
        time.sleep(0.1)
        client.post("b", {})
        assert server.connections == 2


@pytest.mark.parametrize(
    "cut", [b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\nX-Cut: 1\r\n\r\n{", b"X-Cut garbage\r\n\r\n"]
)
def test_a_cut_reply(clients: list[VaultClient], cut: bytes) -> None:
    with tiny(lambda _: cut) as server:
        client = client_of(server, clients)
        assert type(raised(client.get, "a")) is Unreachable
        assert type(raised(client.post, "a", {})) is UnknownOutcome
        assert type(raised(client.delete, "a")) is UnknownOutcome


def test_a_refused_connection_means_that_nothing_was_done(clients: list[VaultClient]) -> None:
    client = client_of(f"http://127.0.0.1:{free_port()}", clients)
    assert type(raised(client.get, "a")) is Unreachable
    found = raised(client.post, "a", {})
    assert type(found) is Unreachable
    assert "Connection refused" in found.message


@pytest.mark.parametrize(
    ("status", "reading", "writing"),
    [
        (400, Rejected, Rejected),
        (403, InvalidToken, InvalidToken),
        (405, Rejected, Rejected),
        (412, Unreachable, Unreachable),
        (429, Throttled, Throttled),
        (472, Unreachable, Unreachable),
        (473, Unreachable, Unreachable),
        (500, Unreachable, UnknownOutcome),
        (502, Unreachable, UnknownOutcome),
        (503, Unreachable, Unreachable),
    ],
)
def test_statuses(
    clients: list[VaultClient], monkeypatch: pytest.MonkeyPatch, status: int, reading: type, writing: type
) -> None:
    monkeypatch.setattr("providers.vault.client._pause", lambda told, attempt: 0.01)
    text = f'{{"errors": ["bad postgres://user:secret@db/x and {TOKEN}"]}}'
    with tiny(lambda _: reply(status, text)) as server:
        client = client_of(server, clients)
        for found, kind in ((raised(client.get, "a/b"), reading), (raised(client.post, "a/b", {}), writing)):
            assert type(found) is kind
            assert "secret" not in found.message
            assert "user" not in found.message


def test_a_failed_compare_and_set_is_a_conflict(clients: list[VaultClient]) -> None:
    with tiny(lambda _: reply(400, '{"errors": ["check-and-set parameter set to -1 on existing entry"]}')) as server:
        assert type(raised(client_of(server, clients).post, "a", {})) is Conflict


def test_a_write_that_met_another_in_the_storage_is_read_back_and_tried_again(clients: list[VaultClient]) -> None:
    said = "failed to revoke entry: resp: (*logical.Response)(nil) err: transaction commit failed"
    with tiny(lambda _: reply(400, f'{{"errors": ["{said}"]}}')) as server:
        assert type(raised(client_of(server, clients).post, "a", {})) is UnknownOutcome


def test_readings_wait_when_told_to_and_writes_hand_it_on(
    clients: list[VaultClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("providers.vault.client._pause", lambda told, attempt: 0.01)
    told = reply(429, '{"errors": []}', "Retry-After: 0.05")
    with tiny(lambda _: told) as server:
        client = client_of(server, clients)
        found = raised(client.get, "a")
        assert isinstance(found, Throttled)
        assert found.retry_after == 0.05
        assert len(server.requests) == 6
        assert isinstance(raised(client.post, "a", {}), Throttled)
        assert len(server.requests) == 7
    with tiny(lambda n: told if n == 1 else OK) as server:
        assert client_of(server, clients).each(client_of(server, clients).get, ["b"]) == ({"a": 1},)


def test_denied_names_path_and_capability(clients: list[VaultClient]) -> None:
    # Each is followed by the question whether the token is good.
    denied = reply(403, '{"errors": ["1 error occurred:\\n\\t* permission denied\\n\\n"]}')
    with tiny(lambda n: denied if n % 2 else OK) as server:
        client = client_of(server, clients)
        assert raised(client.get, "sys/auth").message == "permission denied: read on sys/auth"
        assert raised(client.list, "sys/auth").message == "permission denied: list on sys/auth"
        assert raised(client.delete, "sys/auth").message == "permission denied: delete on sys/auth"
        found = raised(client.post, "sys/auth", {})
        assert found.help == 'grant create, update on "sys/auth" to our login'


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed_and_the_token_stays(clients: list[VaultClient], status: int) -> None:
    with tiny(lambda _: OK) as other:
        moved = reply(status, "", f"Location: {other.address.replace('//', '//user:pw@')}/v1/a")
        with tiny(lambda _: moved) as server:
            found = raised(client_of(server, clients).get, "a")
            assert type(found) is Rejected
            assert other.address in found.message
            assert "pw" not in found.message
        assert other.requests == []


@pytest.mark.parametrize("body", ["<html>welcome</html>", "[1]", '"x"'])
def test_what_is_no_vault_is_no_empty_answer(clients: list[VaultClient], body: str) -> None:
    with tiny(lambda _: reply(200, body)) as server:
        client = client_of(server, clients)
        assert type(raised(client.get, "a")) is Unreachable
        assert type(raised(client.post, "a", {})) is UnknownOutcome
    with tiny(lambda _: reply(404, body)) as server:
        assert type(raised(client_of(server, clients).get, "a")) is Rejected
    with tiny(lambda _: reply(404, '{"errors": []}')) as server:
        client = client_of(server, clients)
        assert client.get("a") is None
        assert type(raised(client.post, "a", {})) is Rejected


@pytest.mark.parametrize("why", ["no handler for route a", r"1 error occurred:\n\t* unsupported path"])
def test_a_404_that_says_why_is_no_empty_answer(clients: list[VaultClient], why: str) -> None:
    with tiny(lambda _: reply(404, f'{{"errors": ["{why}"]}}')) as server:
        client = client_of(server, clients)
        for found in (raised(client.get, "a"), raised(client.list, "a"), raised(client.ask, "a", {})):
            assert type(found) is Rejected
            assert "VAULT_NAMESPACE" in found.help
        assert client.supports("a") is None


@pytest.mark.parametrize("data", ['{"keys": null, "key_info": null}', "{}", '{"keys": "a"}'])
def test_a_list_without_keys_is_no_empty_list(clients: list[VaultClient], data: str) -> None:
    with tiny(lambda _: reply(200, f'{{"data": {data}}}')) as server:
        assert type(raised(client_of(server, clients).list, "a")) is Rejected
    with tiny(lambda _: reply(200, '{"data": {"keys": []}}')) as server:
        assert client_of(server, clients).list("a") == {"keys": []}


def test_a_list_that_says_nothing_of_a_key_is_refused() -> None:
    assert infos(None) == {}
    assert infos({"keys": ["a"], "key_info": {"a": {"name": "x"}}}) == {"a": {"name": "x"}}
    for told in (None, {}, {"b": {}}, {"a": None}):
        assert "names a" in raised(infos, {"keys": ["a"], "key_info": told}).message


def test_http_to_a_listener_with_tls_says_so(clients: list[VaultClient]) -> None:
    told = reply(400, "Client sent an HTTP request to an HTTPS server.\n")
    with tiny(lambda _: told) as server:
        client = client_of(server, clients)
        for found in (raised(client.get, "a"), raised(client.health)):
            assert type(found) is Rejected
            assert found.message == f"{server.address} speaks TLS only"
            assert "https://" in found.help


def test_a_proxy_is_used_with_its_login(clients: list[VaultClient]) -> None:
    with tiny(lambda _: OK) as server:
        port = server.address.rpartition(":")[2]
        proxy = proxy_for("http", "vault.example.com", {"http_proxy": f"http://me:s3cret@127.0.0.1:{port}"})
        made = VaultClient(Transport(Origin.of("http://vault.example.com:8200"), proxy=proxy), "", scope())
        clients.append(made)
        assert made.get("a") == {"a": 1}
        assert server.requests[0].startswith("GET http://vault.example.com:8200/v1/a HTTP/1.1\r\n")
        assert "Proxy-Authorization: Basic bWU6czNjcmV0\r\n" in server.requests[0]


@pytest.mark.parametrize(
    ("host", "no_proxy", "used"),
    [
        ("vault.example.com", "", True),
        ("vault.example.com", "example.com", False),
        ("vault.example.com", ".example.com", False),
        ("vault.example.com", "xample.com", True),
        ("vault.example.com", "*", False),
        ("10.1.2.3", "10.0.0.0/8", False),
        ("10.1.2.3", "192.168.0.0/16", True),
        ("127.0.0.1", "", False),
        ("localhost", "", False),
    ],
)
def test_which_hosts_go_through_the_proxy(host: str, no_proxy: str, used: bool) -> None:
    found = proxy_for("https", host, {"HTTPS_PROXY": "http://proxy:3128", "NO_PROXY": no_proxy})
    assert (found is not None) == used
