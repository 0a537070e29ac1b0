"""Workload tokens in files: which is whose, and what is refused without a word of what it holds."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path

import pytest

from reconciler.workflow.tokens import read_passwords, read_tokens
from specs.redaction import redacted

CLAIMS = {"iss": "https://oidc.example.com", "sub": "bot", "aud": ["vault", "other"]}


def jwt(claims: object = CLAIMS) -> str:
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"eyJhbGciOiJSUzI1NiJ9.{body}.c2lnbmF0dXJlLW9mLW5vYm9keQ"


def written(folder: Path, text: str, mode: int = 0o600) -> Path:
    file = folder / "token"
    file.write_text(text)
    file.chmod(mode)
    return file


def test_a_token_says_whose_it_is(tmp_path: Path) -> None:
    ((token,), problems) = read_tokens([written(tmp_path, f"{jwt()}\n")])
    assert problems == ()
    assert (token.issuer, token.subject, token.audiences) == ("https://oidc.example.com", "bot", ("vault", "other"))
    assert token.text not in repr(token)
    assert token.text not in redacted(f"it was {token.text}")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602])
def test_a_file_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    tokens, (problem,) = read_tokens([written(tmp_path, jwt(), mode)])
    assert (tokens, problem.code, "others may read it" in problem.message) == ((), "W657", True)
    assert jwt() not in str(problem)


@pytest.mark.parametrize("text", ["", "hvs.not-a-workload-token", "a.b.c", "a.!.c", jwt([1]), jwt("x")])
def test_what_is_no_token_is_refused_without_being_repeated(tmp_path: Path, text: str) -> None:
    tokens, (problem,) = read_tokens([written(tmp_path, text)])
    assert (tokens, problem.code) == ((), "W657")
    assert not text or text not in str(problem)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    tokens, problems = read_tokens([tmp_path / "nothing", tmp_path, pipe, Path("a\0b")])
    assert (tokens, {one.code for one in problems}, len(problems)) == ((), {"W657"}, 4)


@pytest.mark.parametrize(("held", "password"), [("a b \n", "a b "), ("x\r\n", "x"), ("p\n\n", "p\n")])
def test_a_password_is_what_stands_before_the_lines_end(tmp_path: Path, held: str, password: str) -> None:
    assert read_passwords({"bot": written(tmp_path, held)}) == ({"bot": password}, ())


@pytest.mark.parametrize(("held", "mode", "why"), [("secret", 0o640, "others may read it"), ("\n", 0o600, "is empty")])
def test_a_password_that_can_not_be_taken_is_refused_unseen(tmp_path: Path, held: str, mode: int, why: str) -> None:
    found, (problem,) = read_passwords({"bot": written(tmp_path, held, mode)})
    assert (found, problem.code, why in problem.message, "secret" in problem.message) == ({}, "W657", True, False)


def test_a_password_in_the_place_of_its_file_is_not_repeated(tmp_path: Path) -> None:
    found, (problem,) = read_passwords({"bot": Path("hunter2-Zk3x")})
    assert (found, "hunter2" in str(problem)) == ({}, False)
