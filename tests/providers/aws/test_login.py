"""Logging in: whose account, which credentials, and what is called before it is known."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from traceback import format_exception
from typing import Any

import pytest

from providers.aws.client import AwsClient, _mapped
from providers.aws.connection import AwsConnection
from providers.aws.local import MotoServer
from providers.aws.provider import AwsProvider
from reconciler.provider import Denied, ProviderError, Unreachable
from tests.providers.aws.helpers import WORLD, new_account, scope
from tests.providers.aws.proxy import Proxy, cuts, garbles, replies

KEYS = {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "s3cr3t"}
MOTO_DEFAULT = "123456789012"
ROLE = f"arn:aws:iam::{MOTO_DEFAULT}:role/someone"


@pytest.fixture(autouse=True)
def no_ambient_login(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))


def connect(account: str, environ: Mapping[str, str], **block: Any) -> AwsClient:
    return AwsProvider().connect(scope(account), AwsConnection.model_validate(block), environ)


def test_the_wrong_account_is_refused_before_any_other_call(proxy: Proxy) -> None:
    with pytest.raises(Denied, match=r"in account 123456789012, the spec says 999999999999 for payments") as caught:
        connect("999999999999", KEYS, endpoint_url=proxy.url)
    assert "assume_role" in caught.value.help
    assert proxy.order == ["GetCallerIdentity"]


def test_the_wrong_partition_is_refused(proxy: Proxy) -> None:
    with pytest.raises(Denied, match="partition aws, the spec says aws-cn"):
        AwsProvider().connect(
            scope(MOTO_DEFAULT, partition="aws-cn"),
            AwsConnection(endpoint_url=proxy.url, region="us-east-1"),
            KEYS,
        )


def test_environment_alone_is_enough(proxy: Proxy) -> None:
    assert connect(MOTO_DEFAULT, {**KEYS, "AWS_ENDPOINT_URL": proxy.url}).arn
    assert connect(
        MOTO_DEFAULT, {**KEYS, "AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_ENDPOINT_URL_STS": proxy.url}
    ).arn


def test_no_credentials(proxy: Proxy) -> None:
    with pytest.raises(Denied, match="credentials") as caught:
        connect(MOTO_DEFAULT, {}, endpoint_url=proxy.url)
    assert "AWS_PROFILE" in caught.value.help
    assert proxy.order == []


def test_unknown_profile(proxy: Proxy) -> None:
    with pytest.raises(Denied, match="nobody"):
        connect(MOTO_DEFAULT, KEYS, endpoint_url=proxy.url, profile="nobody")


def test_profile_from_a_config_file(proxy: Proxy, tmp_path: Path) -> None:
    found = tmp_path / "mine"
    found.write_text("[profile ops]\naws_access_key_id = AKIAOPS\naws_secret_access_key = x\nregion = eu-west-1\n")
    assert connect(MOTO_DEFAULT, {}, endpoint_url=proxy.url, profile="ops", config_file=str(found)).arn


def test_assume_role_from_the_environment(proxy: Proxy) -> None:
    account = new_account()
    role = {"role_arn": f"arn:aws:iam::{account}:role/deploy", "external_id": "partner-1", "session_name": "ci"}
    client = connect(account, KEYS, endpoint_url=proxy.url, assume_role=role)
    assert client.arn.endswith("assumed-role/deploy/ci")
    assert proxy.order == ["AssumeRole", "GetCallerIdentity"]


def test_web_identity_by_file_then_assume_role(proxy: Proxy, tmp_path: Path) -> None:
    account = new_account()
    (tmp_path / "token").write_text("a.b.c\n")
    client = connect(
        account,
        {},
        endpoint_url=proxy.url,
        web_identity={"role_arn": ROLE, "token_file": str(tmp_path / "token")},
        assume_role={"role_arn": f"arn:aws:iam::{account}:role/deploy"},
    )
    assert client.arn.endswith("assumed-role/deploy/writ")
    assert proxy.order == ["AssumeRoleWithWebIdentity", "AssumeRole", "GetCallerIdentity"]


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ({"token_command": [sys.executable, "-c", "print('hvs.secret'); raise SystemExit(3)"]}, "exited with 3"),
        ({"token_command": [sys.executable, "-c", "pass"]}, "is empty"),
        ({"token_command": ["/nowhere/at/all"]}, "cannot run /nowhere"),
        ({"token_file": "/nowhere/at/all"}, "cannot read /nowhere"),
    ],
)
def test_no_token(proxy: Proxy, source: dict[str, Any], words: str) -> None:
    with pytest.raises(Denied, match=words) as caught:
        connect(MOTO_DEFAULT, {}, endpoint_url=proxy.url, web_identity={"role_arn": ROLE, **source})
    assert "hvs.secret" not in caught.value.message + caught.value.help
    assert proxy.order == []


def held(problem: BaseException | None) -> str:
    """All that an exception and those that it shows hold."""
    found = ""
    while problem is not None:
        found += f"{problem!r} {vars(problem)!r} {getattr(problem, 'object', '')!r}"
        problem = problem.__cause__ or (None if problem.__suppress_context__ else problem.__context__)
    return found


@pytest.mark.parametrize(
    "code",
    ["print('hvs.secret', flush=True); import time; time.sleep(9)", r"import os; os.write(1, b'hvs.secret\xff')"],
)
def test_no_exception_holds_what_was_read_of_a_token(
    proxy: Proxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    monkeypatch.setattr("reconciler.provider.sources._SECONDS", 1)
    (tmp_path / "token").write_bytes(b"hvs.secret\xff")
    for source in ({"token_command": [sys.executable, "-c", code]}, {"token_file": str(tmp_path / "token")}):
        with pytest.raises(Denied) as caught:
            connect(MOTO_DEFAULT, {}, endpoint_url=proxy.url, web_identity={"role_arn": ROLE, **source})
        assert caught.value.help
        assert "hvs.secret" not in held(caught.value)


@pytest.mark.parametrize("content", [b"<html><body>Sign in</body></html>", b"{}", b"<GetCallerIdentityResponse/>"])
def test_a_login_at_what_is_not_aws(proxy: Proxy, content: bytes) -> None:
    proxy.faults["GetCallerIdentity"] = garbles(200, content)
    with pytest.raises(Unreachable) as caught:
        connect(MOTO_DEFAULT, KEYS, endpoint_url=proxy.url)
    assert "endpoint" in caught.value.help
    proxy.faults = {"AssumeRole": garbles(200, content)}
    with pytest.raises(Unreachable):
        connect(MOTO_DEFAULT, KEYS, endpoint_url=proxy.url, assume_role={"role_arn": ROLE})


def test_unreachable() -> None:
    with pytest.raises(Unreachable, match="can't be reached"):
        connect(MOTO_DEFAULT, KEYS, endpoint_url="http://127.0.0.1:1")


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("ExpiredToken", 403, Denied),
        ("AccessDenied", 403, Denied),
        ("SignatureDoesNotMatch", 403, Denied),
        ("ServiceUnavailable", 503, Unreachable),
    ],
)
def test_refused_logins_tell_no_secret(proxy: Proxy, code: str, status: int, kind: type[ProviderError]) -> None:
    message = "x-amz-security-token:SECRETTOKEN" if code.startswith("Sig") else "no"
    proxy.faults["GetCallerIdentity"] = replies(status, code, message)
    with pytest.raises(kind) as caught:
        connect(MOTO_DEFAULT, KEYS, endpoint_url=proxy.url)
    assert "SECRETTOKEN" not in "".join(format_exception(caught.value))
    assert len(proxy.order) <= 3


def test_a_cut_reply_to_a_read_is_tried_again(proxy: Proxy) -> None:
    proxy.faults["GetCallerIdentity"] = cuts(after_commit=False, times=2)
    assert connect(MOTO_DEFAULT, KEYS, endpoint_url=proxy.url).arn
    assert proxy.calls["GetCallerIdentity"] == 3


def test_the_operators_token_is_asked_for_as_the_connection_says(moto: MotoServer) -> None:
    block = moto.prepare(scope(new_account()), WORLD, None).connection
    assert "token-for-sts.amazonaws.com" in str(block["web_identity"])


def test_credentials_that_have_expired_by_a_wrong_clock_are_no_crash() -> None:
    """What botocore says where this machine's clock is a day ahead."""
    words = "Credentials were refreshed, but the refreshed credentials are still expired."
    with pytest.raises(Denied, match="expired already"), _mapped("iam", "CreateRole", writing=True):
        raise RuntimeError(words)
    with pytest.raises(RuntimeError), _mapped("iam", "CreateRole", writing=True):
        raise RuntimeError("another")
