"""Settings and connections: what is refused."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.config import Config
from pydantic import ValidationError

from providers.aws.connection import AwsConnection
from providers.aws.session import client_maker
from providers.aws.settings import AwsSettings

BOUNDARY = "arn:aws:iam::123456789012:policy/boundary"


def errors(model: type[Any], raw: dict[str, Any]) -> list[tuple[str, str]]:
    with pytest.raises(ValidationError) as caught:
        model.model_validate(raw)
    return [(e["type"], e["msg"]) for e in caught.value.errors()]


def test_defaults() -> None:
    found = AwsSettings(account="012345678901", permissions_boundary=BOUNDARY)
    assert (found.account, found.role_path, found.role_prefix, found.partition) == (
        "012345678901",
        "/writ/",
        "writ-",
        "aws",
    )


@pytest.mark.parametrize(
    ("raw", "code", "words"),
    [
        ({"account": "12345678901"}, "W430", "12 digits, got 11"),
        ({"account": "1234_5678_9012"}, "W430", "digits only"),
        ({"account": "١٢٣٤٥٦٧٨٩٠١٢"}, "W430", "digits only"),
        ({"account": ""}, "W430", "digits only"),
        ({"role_path": "/"}, "W431", "at least one folder"),
        ({"role_path": "writ/"}, "W431", "start and end"),
        ({"role_path": "/writ"}, "W431", "start and end"),
        ({"role_path": "/a//b/"}, "W431", "start and end"),
        ({"role_path": "/a/../b/"}, "W431", "canonical"),
        ({"role_path": "/" + "a" * 511 + "/"}, "W431", "start and end"),
        ({"role_path": "/aws-service-role/x/"}, "W431", "reserved"),
        ({"role_prefix": "a b"}, "W431", "role_prefix"),
        ({"role_prefix": "a:"}, "W431", "role_prefix"),
        ({"partition": "aws-gov"}, "W431", "not an AWS partition"),
        ({"permissions_boundary": "boundary"}, "W433", "policy's ARN"),
        ({"partition": "aws-cn", "permissions_boundary": BOUNDARY}, "W431", "another partition"),
        ({"oidc_thumbprints": {"a": ["ab"]}}, "W437", "not a thumbprint"),
        ({"oidc_thumbprints": {"a": ["g" * 40]}}, "W437", "not a thumbprint"),
        ({"oidc_thumbprints": {"a": []}}, "W437", "1 to 5"),
        ({"oidc_thumbprints": {"a": ["a" * 40] * 6}}, "W437", "1 to 5"),
        ({"oidc_thumbprints": {"a": ["a" * 40]}, "existing_oidc_providers": ["a"]}, "W437", "somebody else's"),
    ],
)
def test_refused_settings(raw: dict[str, Any], code: str, words: str) -> None:
    ((found, message),) = errors(AwsSettings, {"account": "123456789012", **raw})
    assert found == code
    assert words in message


@pytest.mark.parametrize(
    ("model", "raw", "place"),
    [
        (
            AwsSettings,
            {"account": "123456789012", "partition": "aws-cn", "permissions_boundary": BOUNDARY},
            ("permissions_boundary",),
        ),
        (AwsConnection, {"access_key_id": "x"}, ("access_key_id", "[key]")),
    ],
)
def test_what_is_refused_is_located(model: type[Any], raw: dict[str, Any], place: tuple[str, ...]) -> None:
    with pytest.raises(ValidationError) as caught:
        model.model_validate(raw)
    assert [e["loc"] for e in caught.value.errors()] == [place]


@pytest.mark.parametrize("partition", ["aws-eusc", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f"])
def test_every_partition_has_endpoints_where_nobody_names_a_region(partition: str) -> None:
    settings = AwsSettings(account="123456789012", partition=partition)
    keys = {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "s3cr3t"}
    make = client_maker(settings, AwsConnection(), keys)
    for service in ("sts", "iam"):
        url = urlsplit(make(service, Config()).meta.endpoint_url)
        assert url.hostname
        assert not url.hostname.endswith(".amazonaws.com"), url
        assert url.hostname.startswith((f"{service}.", f"{service}-"))


@pytest.mark.parametrize(
    "name", ["access_key_id", "aws_secret_access_key", "AWS_SESSION_TOKEN", "secretAccessKey", "aws-access-key-id"]
)
def test_keys_in_the_connections_file_are_refused_and_not_shown(name: str) -> None:
    ((code, message),) = errors(AwsConnection, {name: "AKIASECRET"})
    assert code == "W740"
    assert "AKIASECRET" not in message


@pytest.mark.parametrize(
    "raw",
    [
        {"endpoint_url": "ftp://x"},
        {"endpoint_url": "https://u:p@x"},
        {"web_identity": {"role_arn": "arn:aws:iam::123456789012:role/x"}},
        {"web_identity": {"role_arn": "arn:aws:iam::123456789012:role/x", "token_file": "a", "token_command": ["b"]}},
        {"assume_role": {"role_arn": "x"}},
        {"assume_role": {"role_arn": "arn:aws:iam::123456789012:role/x", "external_id": "e"}},
        {"assume_role": {"role_arn": "arn:aws:iam::123456789012:role/x", "session_name": "a b"}},
        {"colour": "red"},
    ],
)
def test_refused_connections(raw: dict[str, Any]) -> None:
    assert len(errors(AwsConnection, raw)) == 1
