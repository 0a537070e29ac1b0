from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from providers.aws.connection import AwsConnection
from providers.aws.local import MotoServer
from providers.aws.provider import AwsProvider
from providers.aws.settings import AwsSettings
from reconciler.model import Address, Desired, Live, Ownership, Resource, Snapshot
from reconciler.provider import Lowering, Scope
from tests.providers.aws.helpers import WORLD, new_account, scope
from tests.providers.aws.proxy import Proxy


@pytest.fixture(scope="session")
def moto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MotoServer]:
    server = MotoServer()
    server.start(tmp_path_factory.mktemp("moto"))
    yield server
    server.stop()


@pytest.fixture
def proxy(moto: MotoServer) -> Iterator[Proxy]:
    host, port = moto.endpoint.removeprefix("http://").split(":")
    found = Proxy((host, int(port)))
    yield found
    found.close()


@dataclass
class Account:
    """One account of the local AWS, as the provider and as a vandal see it."""

    provider: AwsProvider
    scope: Scope[AwsSettings]
    client: Any
    iam: Any
    proxy: Proxy

    def read(self, *wanted: Address) -> Snapshot:
        return self.provider.read(self.client, self.scope, wanted)

    def create(self, desired: Resource) -> None:
        self.provider.types[desired.address.type].create(self.client, desired)

    def update(self, before: Live, desired: Resource) -> None:
        self.provider.types[desired.address.type].update(self.client, before, desired)

    def delete(self, before: Live) -> None:
        self.provider.types[before.resource.address.type].delete(self.client, before)

    def look(self, address: Address) -> Live | None:
        return self.provider.types[address.type].read(self.client, address.key)

    def build(self, lowering: Lowering) -> tuple[Desired, ...]:
        assert lowering.diagnostics == ()
        for desired in lowering.resources:
            self.create(desired.resource)
        return lowering.resources

    def rogues(self, lowering: Lowering) -> dict[str, Live]:
        """What nobody declared, by type."""
        wanted = [d.resource.address for d in lowering.resources]
        found = self.read(*wanted).objects
        undeclared = [live for address, live in found.items() if address not in wanted and live.in_scope]
        assert all(live.ownership is not Ownership.OTHER for live in undeclared)
        return {live.resource.address.type: live for live in undeclared}


@pytest.fixture
def open_account(moto: MotoServer, proxy: Proxy) -> Callable[..., Account]:
    def opened(account: str | None = None, **settings: Any) -> Account:
        place = scope(account or new_account(), **settings)
        block = dict(moto.prepare(place, WORLD, None).connection)
        connection = AwsConnection.model_validate({**block, "endpoint_url": proxy.url})
        provider = AwsProvider()
        client = provider.connect(place, connection, {})
        client.settling.patience = client.settling.patience_unknown = 0.5
        return Account(provider, place, client, moto.client("iam", place.settings.account), proxy)

    return opened


@pytest.fixture
def account(open_account: Callable[..., Account]) -> Account:
    return open_account()
