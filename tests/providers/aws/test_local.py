"""The local AWS: accounts, the operator's login, seeds, and nothing left running."""

from __future__ import annotations

import json
import os
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from providers.aws.connection import AwsConnection
from providers.aws.local import MotoServer
from providers.aws.provider import AwsProvider
from tests.providers.aws.helpers import WORLD, new_account, scope


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov"])
def test_each_environment_logs_in_to_its_own_account(moto: MotoServer, partition: str) -> None:
    provider = AwsProvider()
    for account in (new_account(), new_account()):
        place = scope(account, partition=partition)
        connection = AwsConnection.model_validate(dict(moto.prepare(place, WORLD, None).connection))
        client = provider.connect(place, connection, {})
        assert provider.identity(client).startswith(f"arn:{partition}:sts::{account}:")
        assert provider.read(client, place, ()).objects == {}
        provider.close(client)


def test_seed_and_repeat(moto: MotoServer, tmp_path: Path) -> None:
    place = scope(new_account())
    (tmp_path / "payments.seed").write_text(json.dumps({"orders-archive": {"2024/1.json": "{}"}}))
    first = moto.prepare(place, WORLD, tmp_path)
    assert "token-for-" not in str(first.connection["endpoint_url"])
    assert moto.prepare(place, WORLD, None) == first
    s3 = moto.client("s3", place.settings.account)
    assert s3.get_object(Bucket="orders-archive", Key="2024/1.json")["Body"].read() == b"{}"


def test_stop_ends_the_process(tmp_path: Path) -> None:
    server = MotoServer()
    server.start(tmp_path)
    (pid,) = server.pids
    server.stop()
    server.stop()
    assert server.pids == ()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert (tmp_path / "aws.log").read_text().count("\n") < 3


def test_many_writers_at_once_get_no_malformed_reply(moto: MotoServer) -> None:

    iam: Any = moto.client("iam", new_account())
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})

    def write(number: int) -> None:
        iam.create_role(RoleName=f"r{number}", AssumeRolePolicyDocument=trust)
        iam.list_roles()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(60)))
    assert len(iam.list_roles()["Roles"]) == 60


def test_who_stops_while_asking_holds_up_nobody(moto: MotoServer) -> None:
    host, _, port = moto.endpoint.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port))) as slow:
        slow.sendall(f"PUT /bucket/key HTTP/1.1\r\nHost: {host}\r\nContent-Length: 9\r\n\r\nhalf".encode())
        time.sleep(0.2)
        iam: Any = moto.client("iam", new_account())
        assert iam.list_users()["Users"] == []
