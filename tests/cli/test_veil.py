"""The streams: whoever writes there, in whatever pieces."""

from __future__ import annotations

import io
import sys

import pytest

from reconciler.cli.veil import keep_environment, veil_streams
from specs import redaction


def veiled(monkeypatch: pytest.MonkeyPatch) -> io.BytesIO:
    monkeypatch.setattr(redaction, "_known", redaction._Known())
    keep_environment({"VAULT_TOKEN": "hvx-0123456789", "NAME": "orders-0123456789"}, [])
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="utf-8"))
    monkeypatch.setattr(sys, "stderr", sys.stderr)
    veil_streams()
    return written


def test_pieces_lines_and_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    out = veiled(monkeypatch)
    sys.stdout.write("the token hvx-01")
    sys.stdout.write("23456789 is known\n")
    print("orders-0123456789")
    sys.stdout.flush()
    sys.stdout.buffer.write(b"\xff hvx-0123456789\n")
    sys.stdout.buffer.flush()
    assert out.getvalue() == b"the token (hidden) is known\norders-0123456789\n\xff (hidden)\n"


def test_a_question_without_a_line_s_end_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    out = veiled(monkeypatch)
    print("Enter a value: ", end="", flush=True)
    assert out.getvalue() == b"Enter a value: "


def test_only_once(monkeypatch: pytest.MonkeyPatch) -> None:
    out = veiled(monkeypatch)
    first = sys.stdout
    veil_streams()
    assert sys.stdout is first
    assert out.getvalue() == b""


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("BAO_TOKEN", True),
        ("PGPASSWORD", True),
        ("AWS_SECRET_ACCESS_KEY", True),
        ("some_api_key", True),
        ("AWS_ACCESS_KEY_ID", False),
        ("TOKENIZER", False),
        ("K8S_SECRET", False),
    ],
)
def test_which_variables_hold_one(monkeypatch: pytest.MonkeyPatch, name: str, secret: bool) -> None:
    monkeypatch.setattr(redaction, "_known", redaction._Known())
    keep_environment({name: "value-0123456789"}, [])
    assert redaction.known("value-0123456789") is secret
