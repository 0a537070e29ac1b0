"""`writ access-diff`: two files, a verdict, witnesses, an exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.providers.vault.effective.policies import NOTHINGS
from tests.servers import run_writ

READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::orders/*"}
WRITE = {**READ, "Action": "s3:PutObject"}
TRUST = {
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::123456789012:role/a"},
    "Action": "sts:AssumeRole",
}

BUCKET = {**READ, "Principal": {"AWS": "arn:aws:iam::123456789012:role/a"}}
ECR = {**TRUST, "Action": "ecr:BatchGetImage"}
"""A repository's policy: it names no resource, and is no role's."""


def aws(*statements: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def vault(*rules: str) -> str:
    return "".join(
        f'path "{path}" {{ capabilities = ["{capability}"] }}\n' for path, capability in map(str.split, rules)
    )


@pytest.mark.parametrize(
    ("old", "new", "code", "said"),
    [
        (aws(READ), aws({**READ, "Action": "S3:GETOBJECT"}), 0, "Access is equal."),
        (aws(READ, WRITE), aws(READ), 10, "- s3:PutObject on arn:aws:s3:::orders/"),
        (aws(READ), aws(READ, WRITE), 11, "+ s3:PutObject on arn:aws:s3:::orders/"),
        (aws(READ), aws(WRITE), 12, "Access is gained and lost."),
        (aws(TRUST), aws({**TRUST, "Principal": "*"}), 11, "Access widens."),
        (aws(BUCKET), aws(BUCKET, {**BUCKET, "Principal": "*"}), 11, "+ s3:GetObject on arn:aws:s3:::orders/x by arn:"),
        (aws(), aws(BUCKET), 11, "by arn:aws:iam::123456789012:role/a"),
        (aws(TRUST), aws(), 10, "- sts:AssumeRole by arn:aws:iam::123456789012:role/a"),
        (aws(ECR), aws({**ECR, "Principal": "*"}), 11, "+ ecr:BatchGetImage on arn:aws:ecr:"),
        (vault("kv/data/a read"), vault("kv/data/a read", "kv/data/b read"), 11, "+ read kv/data/b"),
        (vault("kv/* read"), vault("kv/* read", "kv/root deny"), 10, "- read kv/root"),
        (vault("kv/a read"), json.dumps({"path": {"kv/a": {"capabilities": ["read"]}}}), 0, "Access is equal."),
    ],
)
def test_the_exit_code_says_which_verdict(tmp_path: Path, old: str, new: str, code: int, said: str) -> None:
    (tmp_path / "old").write_text(old)
    (tmp_path / "new").write_text(new)
    done = run_writ("access-diff", "old", "new", cwd=tmp_path)
    assert (done.returncode, said in done.stdout) == (code, True), done.stdout + done.stderr


@pytest.mark.parametrize("nothing", NOTHINGS)
def test_a_vault_policy_without_a_rule_allows_nothing(tmp_path: Path, nothing: str) -> None:
    (tmp_path / "old").write_text(nothing)
    (tmp_path / "new").write_text(vault("kv/a read"))
    done = run_writ("access-diff", "old", "new", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (11, "+ read kv/a\nAccess widens.\n"), done.stderr
    assert run_writ("access-diff", "new", "old", cwd=tmp_path).returncode == 10
    assert run_writ("access-diff", "old", "old", cwd=tmp_path).returncode == 0


def test_json_and_standard_input(tmp_path: Path) -> None:
    (tmp_path / "new.json").write_text(aws(READ, WRITE))
    done = run_writ("access-diff", "-json", "-", "new.json", cwd=tmp_path, stdin=aws(READ))
    found = json.loads(done.stdout)
    assert (done.returncode, found["verdict"], found["loses"]) == (11, "widens", [])
    assert found["gains"][0]["request"].startswith("s3:PutObject on arn:aws:s3:::orders/")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (aws(READ), vault("kv/a read"), "there is nothing to compare (old: AWS IAM policy, new: Vault ACL policy)"),
        (aws(READ), aws(TRUST), "new: it is a role's trust policy (it names principals, and no resource), and the old"),
        (
            aws(READ),
            aws(BUCKET),
            "the old one an identity policy (it names no principal): there is nothing to comp",
        ),
        (aws(BUCKET), aws(READ), "new: it is an identity policy (it names no principal), and the old one a resource"),
        (aws(BUCKET), aws(TRUST), "there is nothing to compare\n  help: give two of one kind"),
        (aws(BUCKET), aws(BUCKET, READ), "statement 2: needs either Principal or NotPrincipal"),
        (aws(READ), aws({**READ, "Action": "s3:GetObject "}), "new:1:"),
        (aws(READ), "what is this", "new is no policy that is known here"),
        (aws(READ), '{"Version": "2012-10-17",\n "Statement": [] "Id": "x"}', "new:2:18: error[W640]: not JSON: "),
        (aws(READ), aws({**READ, "Efect": "x"}), "error[W640]: statement 1: 'Efect' is not known here"),
        (aws(READ), "", "new is empty"),
        (aws(READ), "# nothing", "there is nothing to compare (old: AWS IAM policy, new: Vault ACL policy)"),
        (
            vault("kv/a read"),
            'path "kv/a" { capabilities = ["reed"] }',
            "new:1:15: error[W640]: unknown ",
        ),
        (vault("kv/a read"), "x" * (1 << 20) + "x", "new is larger than a policy can be (1 MiB)"),
    ],
)
def test_what_can_not_be_compared(tmp_path: Path, old: str, new: str, said: str) -> None:
    (tmp_path / "old").write_text(old)
    (tmp_path / "new").write_text(new)
    done = run_writ("access-diff", "old", "new", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr
    assert "error[W640]" in done.stderr
    assert "Traceback" not in done.stderr


STATEMENT = """{"Version": "2012-10-17",
 "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"},
 {
  %s
 }]}
"""


@pytest.mark.parametrize(
    ("broken", "place", "said"),
    [
        ('"Effect": "Alow", "Action": "s3:*", "Resource": "*"', "4:3", "statement 2: Effect must be Allow or Deny"),
        ('"Effect": "Deny", "Actoin": "s3:*"', "4:21", "statement 2: 'Actoin' is not known here"),
        ('"Effect": "Deny", "Action": "s3", "Resource": "*"', "4:21", "statement 2: 's3' is not an action"),
        ('"Effect": "Deny", "Action": "s3:*"', "3:2", "statement 2: needs either Resource or NotResource"),
        ('"Effect": "Deny", "Effect": "Deny"', "4:21", "the key 'Effect' is repeated"),
        (
            '"Effect": "Deny", "Action": "a:b", "Resource": "*",\n\t"Condition": {"Bool": {"a:b": {}}}',
            "5:25",
            "a:b: text",
        ),
    ],
)
def test_what_is_wrong_with_a_policy_is_told_by_line_and_column(
    tmp_path: Path, broken: str, place: str, said: str
) -> None:
    (tmp_path / "old").write_text(aws(READ))
    (tmp_path / "new").write_text(STATEMENT % broken)
    done = run_writ("access-diff", "old", "new", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"new:{place}: error[W640]: " in done.stderr
    assert said in done.stderr


def test_a_byte_order_mark_is_no_part_of_a_policy(tmp_path: Path) -> None:
    (tmp_path / "old").write_text(aws(READ))
    (tmp_path / "new").write_text(aws(READ), encoding="utf-8-sig")
    assert run_writ("access-diff", "old", "new", cwd=tmp_path).returncode == 0


def if_number(value: str) -> dict[str, object]:
    return {**READ, "Condition": {"NumericEquals": {"s3:max-keys": value}}}


@pytest.mark.parametrize(
    ("old", "new", "code", "said"),
    [
        (if_number("9" * 5000), READ, 13, "Access may widen."),
        ({**READ, "Condition": {"DateLessThan": {"aws:CurrentTime": "9" * 5000}}}, READ, 13, "Access may widen."),
        (if_number("\u0665"), if_number("5"), 13, ""),
        (READ, {**READ, "Resource": "arn:aws:s3:::" + "*?a" * 2500 + "b"}, 14, "out of budget"),
        ({**READ, "Resource": "a*" * 20_000}, {**READ, "Resource": "*a" * 20_000}, 14, "out of budget"),
        ({**READ, "Action": "\u212ams:Decrypt"}, {**READ, "Action": "kms:Decrypt"}, 1, "is not ASCII"),
        ({**READ, "Condition": {"StringLi\u212ae": {"a:b": "c"}}}, READ, 1, "is not ASCII"),
        ({**READ, "Condition": {"StringLike": {"a:\u212a": "c"}}}, READ, 1, "is not ASCII"),
        ({**READ, "Condition": {"StringLike": {"aws:ResourceTag/\u00e9": "c"}}}, READ, 11, "Access widens."),
    ],
    ids=["number", "date", "digit", "wildcards", "long", "action", "operator", "key", "a tag's key is any text"],
)  # fmt: skip
def test_what_is_written_to_be_in_the_way(tmp_path: Path, old: object, new: object, code: int, said: str) -> None:
    """No crash, no hang, and never equal."""
    (tmp_path / "old").write_text(aws(old))
    (tmp_path / "new").write_text(aws(new))
    done = run_writ("access-diff", "old", "new", cwd=tmp_path)
    assert (done.returncode, said in done.stdout + done.stderr) == (code, True), done.stdout + done.stderr
