"""Field types: what they take, and what they say of the rest."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError

from specs.duration import MAXIMUM, format_duration, parse_duration
from specs.fields import Bool, Date, Duration, Int, Name, Owner, PublicKey, SpiffeId, Subject, Url

PEM = "-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkq\n-----END PUBLIC KEY-----\n"


def parsed(field: Any, text: Any) -> Any:
    return TypeAdapter(field).validate_python(text)


def complaint(field: Any, text: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        parsed(field, text)
    (one,) = caught.value.errors()
    return f"{one['type']} {one['msg']}"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("15m", 900),
        ("8h", 28800),
        ("7d", 604800),
        ("1h30m", 5400),
        ("1d2h3m4s", 93784),
        ("768h", MAXIMUM),
        ("0h1s", 1),
    ],
)
def test_durations(text: str, seconds: int) -> None:
    assert parse_duration(text) == seconds


@given(st.integers(1, MAXIMUM))
def test_durations_round_trip(seconds: int) -> None:
    assert parse_duration(format_duration(seconds)) == seconds


@given(st.text(max_size=20))
def test_a_duration_is_seconds_or_a_spec_error(text: str) -> None:
    try:
        seconds = parse_duration(text)
    except PydanticCustomError as problem:
        assert problem.type in {"W105", "W110"}  # noqa: PT017
    else:
        assert 0 < seconds <= MAXIMUM


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        (Int, "-007", -7),
        (Bool, "true", True),
        (Bool, "false", False),
        (Date, "2027-03-31", date(2027, 3, 31)),
        (Name, "a", "a"),
        (Name, "orders.read-2", "orders.read-2"),
        (Owner, "team support", "team support"),
        (Url, "http://127.0.0.1:8200/v1?x=a@b", "http://127.0.0.1:8200/v1?x=a@b"),
        (Subject, "repo:org/repo:environment:My Env", "repo:org/repo:environment:My Env"),
        (SpiffeId, "spiffe://example.com/ns/a/sa/b", "spiffe://example.com/ns/a/sa/b"),
        (PublicKey, PEM.strip(), PEM),
    ],
)
def test_values(field: Any, text: str, value: Any) -> None:
    assert parsed(field, text) == value


@pytest.mark.parametrize(
    ("field", "text", "said"),
    [
        (Bool, "yes", "W111 use true or false, not 'yes'"),
        (Bool, "True", "W111 use true or false, not 'True'"),
        (Int, "1_000", "W112 expected a whole number, got '1_000'"),
        (Int, "1.0", "W112 expected a whole number, got '1.0'"),
        (Name, "a\n", "W107 name must be a\u2013z 0\u20139 . -: it (U+000A) is an invalid character"),
        (Name, "-a", "W107 name must be a\u2013z 0\u20139 . -: '-a' must begin and end with a letter or a digit"),
        (Url, "https://u:p@h/", "W018 credentials in a URL"),
        (Url, "https://u@h/", "W018 credentials in a URL"),
        (Url, "https:///x", "W115 'https:///x' is not an http or https URL"),
        (Url, "https://h/a b", "W115 'https://h/a b' holds what a URL here can't"),
        (Subject, " a", "W117 subject must be 1 to 255 characters that print, without spaces around them"),
        (SpiffeId, "spiffe://example.com/../x", "W120 'spiffe://example.com/../x' is not a SPIFFE id of a workload"),
        (SpiffeId, "spiffe://example.com/a/", "W120 'spiffe://example.com/a/' is not a SPIFFE id of a workload"),
        (PublicKey, PEM + PEM, "W119 not one PEM public key"),
        (PublicKey, PEM.replace("PUBLIC", "PRIVATE"), "W119 not one PEM public key"),
    ],
)
def test_complaints(field: Any, text: str, said: str) -> None:
    assert complaint(field, text) == said


@pytest.mark.parametrize("field", [Bool, Int, Date, Name, Owner, Url, SpiffeId, PublicKey])
@pytest.mark.parametrize(("value", "said"), [([], "got a list"), ({}, "got a mapping"), ("", "must not be empty")])
def test_every_field_names_the_shape(field: Any, value: Any, said: str) -> None:
    assert complaint(field, value).endswith(said)


def test_a_secret_is_not_repeated() -> None:
    assert "CAESIJ" not in complaint(Date, "hvs.CAESIJabcdefghijk")
    assert "hunter2" not in complaint(Date, "https://u:hunter2@host")


@pytest.mark.parametrize("text", ["5m\n", "\n5m", "5m "])
def test_a_duration_is_nothing_but_the_duration(text: str) -> None:
    assert complaint(Duration, text).startswith("W110")


@pytest.mark.parametrize("text", ["@acme/payments", "@acme", "Team A <team@example.com>", "payments"])
def test_owners_as_people_write_them(text: str) -> None:
    assert parsed(Owner, text) == text


@pytest.mark.parametrize("text", ["@", "@a/b/c", "Team <team>", "Team <a@b", "a b@c", "<team@example.com>"])
def test_owners_that_are_none(text: str) -> None:
    if "@" in text:
        assert complaint(Owner, text).startswith("W118")
