"""A fresh state in each kind of place."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from providers.aws.client import raw_client
from providers.aws.local import MotoServer
from providers.postgres.local import LocalPostgres
from reconciler.state.opening import Place

KINDS = ("local", "postgres", "s3")
BUCKET = "team-state"
SECRET = "c4n4ry-p4ssw0rd"
_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a team's database, over TCP and with a password."""
    server = LocalPostgres()
    server.start(tmp_path_factory.mktemp("postgres"))
    operator = server.client()
    operator.script(f"CREATE ROLE team LOGIN PASSWORD '{SECRET}'")
    operator.script("CREATE DATABASE iam OWNER team")
    operator.close()
    yield f"postgresql://team:{SECRET}@{server.endpoint}/iam"
    server.stop()


@pytest.fixture
def shared(database: str) -> str:
    """A fresh state in the database."""
    return f"{database}?schema=s{next(_NUMBERS)}"


@pytest.fixture(scope="session")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The endpoint of a store that has the bucket."""
    server = MotoServer()
    server.start(tmp_path_factory.mktemp("moto"))
    raw_client("s3", server.endpoint, "us-east-1").create_bucket(Bucket=BUCKET)
    yield server.endpoint
    server.stop()


@pytest.fixture
def stored(bucket: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A fresh state in the bucket, which the environment's variables lead to."""
    for name, value in (
        ("AWS_ENDPOINT_URL_S3", bucket),
        ("AWS_ACCESS_KEY_ID", "sandbox"),
        ("AWS_SECRET_ACCESS_KEY", SECRET),
        ("AWS_SESSION_TOKEN", "sandbox"),
        ("AWS_REGION", "us-east-1"),
    ):
        monkeypatch.setenv(name, value)
    return f"s3://{BUCKET}/k{next(_NUMBERS)}/writ"


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Where nothing was ever recorded."""
    if request.param == "local":
        return tmp_path / ".writ" / "state.db"
    found: str = request.getfixturevalue({"postgres": "shared", "s3": "stored"}[request.param])
    return found
