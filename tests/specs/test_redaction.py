"""The redactor: known secrets in every form, and nothing but them."""

from __future__ import annotations

import base64
import html
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from specs import redaction
from specs.redaction import hidden, hidden_bytes, keep, keep_login, redacted, redacted_data, suspicious

SECRET = "p4ss/w0rd+é\"%&<'"


@pytest.fixture(autouse=True)
def _nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redaction, "_known", redaction._Known())


@pytest.mark.parametrize(
    "form",
    [
        SECRET,
        quote(SECRET),
        quote(SECRET, safe=""),
        quote(quote(SECRET, safe=""), safe=""),
        quote(SECRET, safe="").lower(),
        quote_plus(SECRET),
        json.dumps(SECRET),
        json.dumps(SECRET, ensure_ascii=False),
        json.dumps(json.dumps({"a": SECRET})),
        repr(SECRET),
        repr(SECRET.encode()),
        html.escape(SECRET),
        SECRET.encode().hex(),
        base64.b64encode(SECRET.encode()).decode(),
        base64.urlsafe_b64encode(SECRET.encode()).decode(),
    ],
)
def test_every_form_is_hidden(form: str) -> None:
    assert hidden(form) is form
    keep(SECRET)
    assert suspicious(form)
    for text in (
        hidden(form),
        hidden_bytes(form.encode()).decode(),
        redacted(form),
        redacted_data([{"a": form}])[0]["a"],
    ):
        assert "(hidden)" in text
        assert "w0rd" not in text


@given(
    st.text(st.characters(exclude_categories=["Cs"], min_codepoint=33), min_size=16, max_size=40),
    st.binary(max_size=5),
    st.binary(max_size=5),
)
def test_base64_of_whatever_surrounds_it(secret: str, before: bytes, after: bytes) -> None:
    redaction._known = redaction._Known()
    keep(secret)
    kept = "".join(redaction._known.secrets)
    if kept != secret:  # of several lines, or with blanks at its ends
        return
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        text = encode(before + secret.encode() + after).decode()
        assert "(hidden)" in hidden(text)


@pytest.mark.parametrize("word", ["", "short", "postgres", "orders-db", "production", "a" * 15])
def test_words_of_every_text_are_not_hidden(word: str) -> None:
    keep(word)
    assert hidden(f"x {word} y") == f"x {word} y"


def test_each_line_of_a_key_is_hidden_and_its_head_is_not() -> None:
    keep("-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA\n-----END PRIVATE KEY-----\n")
    assert hidden("-----BEGIN PRIVATE KEY-----") == "-----BEGIN PRIVATE KEY-----"
    assert hidden("x MC4CAQAwBQYDK2VwBCIEIA y") == "x (hidden) y"


@pytest.mark.parametrize(
    ("url", "secret"),
    [
        ("postgresql://jo:s3cr3t-pass@db/x", "s3cr3t-pass"),
        ("postgresql://jo:s3cr3t%2Fpass@db/x", "s3cr3t/pass"),
        ("postgresql://jo:s3c@r3t/pass@db/x", "s3c@r3t/pass"),
        ("postgresql://db/x?user=jo&password=s3cr3t-pass", "s3cr3t-pass"),
        ("-state=postgres://jo:s3cr3t-pass@db/x", "s3cr3t-pass"),
        ("https://[jo:s3cr3t-pass@", "s3cr3t-pass"),
    ],
)
def test_the_password_of_a_url(url: str, secret: str) -> None:
    keep_login(url)
    assert secret not in hidden(f"refused: {secret} ({url})")


def test_one_within_another() -> None:
    keep("s3cr3t-pass", "s3cr3t-pass-and-more")
    assert hidden("s3cr3t-pass-and-more, s3cr3t-pass") == "(hidden), (hidden)"
