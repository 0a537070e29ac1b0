from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any
from urllib.request import urlopen

import jwt
import pytest

from reconciler.sandbox.issuer import LIFETIME, Issuer


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    running = Issuer()
    yield running
    running.stop()


def fetch(url: str) -> Any:
    with urlopen(url, timeout=5) as reply:
        return json.load(reply)


def verify(issuer: Issuer, token: str) -> dict[str, Any]:
    keys = jwt.PyJWKSet.from_dict(fetch(issuer.jwks_url))
    key = keys[jwt.get_unverified_header(token)["kid"]]
    claims: dict[str, Any] = jwt.decode(token, key, algorithms=["RS256"], audience="vault")
    return claims


def test_the_served_keys_verify_a_token_with_the_specs_issuer(issuer: Issuer) -> None:
    claims = verify(issuer, issuer.token("https://oidc.example.com/cluster", "system:serviceaccount:a:b", "vault"))
    assert claims["iss"] == "https://oidc.example.com/cluster"
    assert claims["sub"] == "system:serviceaccount:a:b"
    assert claims["exp"] - claims["iat"] == LIFETIME
    assert claims["nbf"] == claims["iat"] <= time.time()


def test_no_two_tokens_share_an_id(issuer: Issuer) -> None:
    first, second = (verify(issuer, issuer.token("i", "s", "vault"))["jti"] for _ in range(2))
    assert first != second


def test_claims_can_be_replaced(issuer: Issuer) -> None:
    with pytest.raises(jwt.ExpiredSignatureError):
        verify(issuer, issuer.token("i", "s", "vault", exp=int(time.time()) - 3600))


def test_discovery_names_its_own_address_and_keys(issuer: Issuer) -> None:
    found = fetch(f"{issuer.url}/.well-known/openid-configuration")
    assert found["issuer"] == issuer.url
    assert found["jwks_uri"] == issuer.jwks_url


def test_only_the_public_half_is_served(issuer: Issuer) -> None:
    (key,) = fetch(issuer.jwks_url)["keys"]
    assert key["kty"] == "RSA"
    assert not {"d", "p", "q", "dp", "dq", "qi"} & key.keys()


def test_another_issuers_token_is_refused(issuer: Issuer) -> None:
    other = Issuer()
    try:
        with pytest.raises(KeyError):
            verify(issuer, other.token("i", "s", "vault"))
    finally:
        other.stop()


def test_missing_packages_are_said_with_the_way_out() -> None:
    code = """
import sys
sys.modules["jwt"] = None
from reconciler.sandbox.issuer import SigningKey
from reconciler.sandbox.errors import SandboxError
try:
    SigningKey()
except SandboxError as failed:
    print(failed.message, "|", failed.help)
"""
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out == 'the sandbox needs the package jwt | pip install "writ-iam[sandbox]"\n'
