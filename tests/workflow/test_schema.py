"""The schema with the installed providers' models, held against what the loader says of the same texts."""

from __future__ import annotations

import json
import re
from io import BytesIO

import pytest
import yaml
from jsonschema import Draft202012Validator

from reconciler.workflow.schema import spec_schema
from reconciler.workflow.specs import Request, validate
from specs.diagnostic import has_errors
from tests.thorough import sampled

VALIDATOR = Draft202012Validator(spec_schema())
SPECS = """\
apiVersion: writ/v1
kind: Environment
metadata: {name: production}
spec:
  issuers: {cluster: {issuer: https://oidc.example.com, audiences: {vault: v, aws: a}}}
  systems:
    vault: {provider: vault, auth_mount: jwt-agents, policy_prefix: writ-, database_mounts: [database]}
    cloud: {provider: aws, account: "123456789012", role_path: /writ/, role_prefix: writ-, partition: aws}
    db: {provider: postgres, database: orders, role_prefix: writ_, minter: minter}
---
apiVersion: writ/v1
kind: Intent
metadata: {name: orders.read}
spec:
  purpose: Look up an order
  risk: low
  data: public
  ttl: 15m
  access:
    - {system: vault, paths: [{path: kv/data/orders/x, capabilities: [read]}]}
    - {system: cloud, statements: [{actions: ["s3:GetObject"], resources: ["arn:aws:s3:::b/*"]}]}
    - {system: db, grants: [{privileges: [SELECT], tables: [public.orders]}]}
---
apiVersion: writ/v1
kind: Guardrail
metadata: {name: baseline}
spec:
  max_ttl: {low: 8h}
  never:
    - {system: vault, paths: [kv/data/payroll/*], capabilities: [list]}
    - {system: cloud, actions: ["iam:*"], resources: ["*"]}
"""
PLACES = (
    "jwt-agents", "policy_prefix: writ-", "[database]", '"123456789012"', "/writ/", "role_prefix: writ-",
    "partition: aws", "role_prefix: writ_", "[read]", '"s3:GetObject"', '"arn:aws:s3:::b/*"', "[SELECT]", "[list]",
    '"iam:*"', '["*"]', "kv/data/orders/x", "public.orders", "database: orders",
)  # fmt: skip
VALUES = (
    "x", "X", "1", "012345678901", "123456789012", "1.5", "true", "null", "''", "~", "' x '", "/a/b/", "/a", "a-", "a_",
    "select", "'  Temp '", "all privileges", "ALL", "\u017felect", "Read", "read", "update", "sudo", "'*'", "'***'",
    "aws-cn", "s3:Get*", "'*:*'", "s3:", "arn:aws:s3:::x", "'arn:aws:iam::1:role/x'", "a/b", "a.b", "jwt_a", "-a",
    "2027-01-01", "0x1f", "1e3", "{cluster: jwt-x}", "[a, b]", "{}", "[]", "EXECUTE", "usage", "'iam:Get?ole'", "token",
)  # fmt: skip


def mutations() -> list[str]:
    made = [SPECS]
    for place in PLACES:
        for value in VALUES:
            key, _, old = place.rpartition(": ")
            new = f"[{value}]" if re.fullmatch(r"\[.*\]", old) else value
            made.append(SPECS.replace(place, f"{key}: {new}" if key else new, 1))
    return made


def by_editor(text: str) -> bool:
    # Editors know no dates: to them they are text.
    documents = json.loads(json.dumps(list(yaml.safe_load_all(text)), default=str))
    return all(VALIDATOR.is_valid(document) for document in documents)


def by_loader(text: str) -> bool:
    _, _, found = validate(Request(("-",), stdin=BytesIO(text.encode())))
    return not has_errors(found)


@pytest.mark.parametrize("third", sampled(range(3), 3))
def test_no_text_that_is_accepted_is_refused(third: int) -> None:
    accepted = [text for text in mutations()[third::3] if by_loader(text)]
    assert len(accepted) > 50
    assert [text for text in accepted if not by_editor(text)] == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[read]", "[raed]"),
        ("[read]", "[sudo]"),
        ("[read]", "[Read]"),
        ("[list]", "[lst]"),
        ("[SELECT]", "[SELCT]"),
        ("[SELECT]", "[1]"),
        ('"123456789012"', "'12345678901'"),
        ('"123456789012"', "1234-5678-9012"),
        ('"123456789012"', "true"),
        ("/writ/", "/writ"),
        ("/writ/", "/"),
        ("/writ/", "1"),
        ("partition: aws", "partition: awss"),
        ("partition: aws", "partition: 1"),
        ("role_prefix: writ-", "role_prefix: a b"),
        ("role_prefix: writ_", "role_prefix: Writ_"),
        ("role_prefix: writ_", "role_prefix: 1"),
        ("policy_prefix: writ-", "policy_prefix: writ_"),
        ("jwt-agents", "jwt/agents"),
        ("jwt-agents", "{cluster: Jwt}"),
        ('"s3:GetObject"', "s3"),
        ('"s3:GetObject"', '"*:Get"'),
        ('"arn:aws:s3:::b/*"', "b"),
    ],
)
def test_what_an_editor_can_know_to_be_wrong(old: str, new: str) -> None:
    assert old in SPECS
    text = SPECS.replace(old, new, 1)
    assert not by_editor(text)
    assert not by_loader(text)
