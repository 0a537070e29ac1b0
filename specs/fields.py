"""Field types of the language. YAML gives text only, so each type parses text and says what it wants."""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from datetime import date
from typing import Annotated, Any, TypeAlias
from urllib.parse import urlsplit

from pydantic import BeforeValidator, WithJsonSchema

from specs import scan
from specs.base import spec_error
from specs.duration import MAXIMUM, PATTERN, format_duration, parse_duration
from specs.redaction import suspicious
from specs.text import lone, one_line, shown, text_of

__all__ = [
    "MAXIMUM", "AgentPattern", "Audience", "Bool", "Date", "Duration", "GrantedName", "Int", "LongText", "Name",
    "Owner", "OwnerPattern", "PublicKey", "SpiffeId", "Subject", "Text", "Url", "format_duration", "is_spiffe",
    "parse_duration",
]  # fmt: skip

_NAME_PATTERN = r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$"
_NAME = re.compile(_NAME_PATTERN)
_AGENT_PATTERN = re.compile(r"[a-z0-9.*-]+")
_NAME_CAP = 63
_ALIKE = str.maketrans("\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455", "aeopcyxijs")
"""Cyrillic letters that look like Latin ones."""
_CLAIMS = {"subject": "sub", "audience": "aud"}
_NAME_WORDS = "a\u2013z 0\u20139 . -"
_RESERVED = frozenset({"root", "default", "public", "none"})
_YES = frozenset({"true", "yes", "y", "on", "1"})
_NO = frozenset({"false", "no", "n", "off", "0"})
_INT = re.compile(r"[+-]?[0-9]{1,18}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9:.]+)(?: ?([Zz]|[+-][0-9]{2}:?[0-9]{2}))?")
_SPIFFE = re.compile(r"spiffe://[a-z0-9._-]{1,255}(?:/(?!\.{1,2}(?:/|$))[A-Za-z0-9._-]+)+")
_EMAIL = re.compile(r"[^\s@<>\"',;]+@[^\s@<>\"',;]+")
_MAILBOX = re.compile(r"[^\s@<>\"',;][^@<>\"',;]{0,200} <[^\s@<>\"',;]+@[^\s@<>\"',;]+>")
_TEAM = re.compile(r"@[A-Za-z0-9][A-Za-z0-9._-]*(?:/[A-Za-z0-9][A-Za-z0-9._-]*)?")
"""As code hosts write teams: @acme/payments."""
_PEM = re.compile(r"(?s)-----BEGIN ((?:RSA )?PUBLIC KEY|CERTIFICATE)-----\n([A-Za-z0-9+/=\n\r]+)-----END \1-----\s*")
_SPIFFE_HELP = "spiffe://trust-domain/path, in full"


def _name(value: Any) -> str:
    text = text_of(value, "a name")
    if _NAME.match(text) and len(text) <= _NAME_CAP and not text.endswith("\n"):
        return text
    if text.lower().startswith("pg_"):
        raise spec_error("W108", f"{shown(text)} is a reserved name", "choose another")
    if len(text) > _NAME_CAP:
        raise spec_error(
            "W107",
            f"name too long: {len(text)} characters, the cap is {_NAME_CAP}",
            f"shorten it by {len(text) - _NAME_CAP}",
        )
    raise spec_error("W107", f"name must be {_NAME_WORDS}: {_wrong(text)}", _name_help(text))


def _wrong(text: str) -> str:
    for character in text:
        if character in "abcdefghijklmnopqrstuvwxyz0123456789.-":
            continue
        as_shown = f"'{character}'" if character.isprintable() else "it"
        return f"{as_shown} ({scan.describe(character)}) is an invalid character"
    return f"{shown(text)} must begin and end with a letter or a digit"


def _name_help(text: str) -> str:
    if suspicious(text):
        return "choose a name that holds no secret, such as support-bot"
    latin = unicodedata.normalize("NFKD", text.translate(_ALIKE).lower())
    letters = "".join(c for c in latin if not unicodedata.combining(c))
    better = re.sub(r"[^a-z0-9.-]+", "-", letters).strip("-.")
    if not better or not letters.isascii():
        return "choose a name such as support-bot or orders.read"
    # What looks right already is told what is wrong with it.
    return f"write {better}" if text.isascii() else f"write {better}, in ASCII letters"


def _granted_name(value: Any) -> str:
    # These name Vault policies, database roles and principals that exist in every system.
    name = _name(value)
    if name in _RESERVED:
        raise spec_error("W108", f"{shown(name)} is a reserved name", "choose another")
    return name


def _int(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    text = text_of(value, "a whole number")
    if _INT.fullmatch(text) is None:
        raise spec_error("W112", f"expected a whole number, got {shown(text)}", "digits only")
    return int(text)


def _bool(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    text = text_of(value, "true or false")
    if text not in {"true", "false"}:
        raise spec_error("W111", f"use true or false, not {shown(text)}", _bool_help(text.lower()))
    return text == "true"


def _bool_help(text: str) -> str:
    meant = "true" if text in _YES else "false" if text in _NO else "true, or false"
    return f"write {meant}"


def _date(value: Any) -> date:
    if isinstance(value, date):
        return value
    text = text_of(value, "a date such as 2027-03-31")
    if _INSTANT.fullmatch(text):
        raise spec_error("W113", "expected a date without a time", f"write {text[:10]}")
    if _DATE.fullmatch(text) is None:
        raise spec_error("W113", f"{shown(text)} is not a date", "write year-month-day, such as 2027-03-31")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise spec_error("W113", *_no_such_day(text)) from None


def _no_such_day(text: str) -> tuple[str, str]:
    year, month, day = text.split("-")
    if not 1 <= int(month) <= 12:
        return f"{text} is not a date: there is no month {month}", "write a month from 01 to 12, as year-month-day"
    if year == "0000":
        return f"{text} is not a date: there is no year 0", "write year-month-day, such as 2027-03-31"
    last = monthrange(int(year), int(month))[1]
    return f"{text} is not a date: there is no day {day} in {year}-{month}", f"write {year}-{month}-{last} or earlier"


def _text(value: Any) -> str:
    return one_line(value, 256)


def _long_text(value: Any) -> str:
    text = text_of(value, "text").strip()
    if not text:
        raise spec_error("W105", "must not be empty", "write text that can be seen, or leave the field out")
    return text


def _owner(value: Any) -> str:
    text = one_line(value, 256)
    if "@" in text and not any(form.fullmatch(text) for form in (_EMAIL, _MAILBOX, _TEAM)):
        raise spec_error("W118", f"{shown(text)} is not an address", "write an e-mail address, or a team's name")
    return text


def _agent_pattern(value: Any) -> str:
    text = text_of(value, "an agent's name")
    if _AGENT_PATTERN.fullmatch(text) is None or len(text) > _NAME_CAP:
        raise spec_error("W107", f"{shown(text)} matches no agent's name", f"{_NAME_WORDS}, and * for anything")
    return text


def _owner_pattern(value: Any) -> str:
    return one_line(value, 256)


def _url(value: Any) -> str:
    text = text_of(value, "a URL")
    try:
        parts = urlsplit(text)
        has_port = parts.port is not None or not parts.netloc.endswith(":")
    except ValueError as problem:
        raise spec_error(
            "W115", "not a URL: the host or port is wrong", "such as https://oidc.example.com"
        ) from problem
    if parts.username is not None or parts.password is not None:
        raise spec_error("W018", "credentials in a URL", "how to log in belongs to the operator's connections")
    if parts.scheme not in {"https", "http"} or not parts.hostname or not has_port:
        raise spec_error("W115", f"{shown(text)} is not an http or https URL", "such as https://oidc.example.com")
    if parts.scheme == "http" and not _is_loopback(parts.hostname):
        # Keys that are fetched in clear are whoever's is on the way.
        raise spec_error("W115", f"{shown(text)} is not https", "http is for loopback only")
    if parts.fragment or any(c.isspace() or c in '\\"<>^`{|}*' for c in text):
        raise spec_error("W115", f"{shown(text)} holds what a URL here can't", "no spaces, quotes, wildcards or #")
    return text


def _is_loopback(host: str) -> bool:
    return host in {"localhost", "::1"} or re.fullmatch(r"127(\.\d{1,3}){3}", host) is not None


def _exact(value: Any, code: str, what: str) -> str:
    if not isinstance(value, str):
        kind = "a list" if isinstance(value, list) else "a mapping"
        raise spec_error(code, f"{what} must be exact: one text, not {kind}", _one_text(value, what))
    text = text_of(value, what)
    if "*" in text or "?" in text or "${" in text:
        raise spec_error(code, f"{what} must be exact, without wildcards: {shown(text)}", "write the one value in full")
    if text != text.strip() or not text.isprintable() or len(text) > 255:
        short = text.strip()
        spaces = short.isprintable() and len(short) <= 255 and not suspicious(short)
        way_out = f"write {short}" if spaces else f"write exactly the {_CLAIMS[what]} of its tokens, in one line"
        raise spec_error(code, f"{what} must be 1 to 255 characters that print, without spaces around them", way_out)
    return text


def _one_text(value: Any, what: str) -> str:
    found = lone(value)
    return (
        f"write {found}, without [ ] or a dash before it" if found else f"write the one {_CLAIMS[what]} of its tokens"
    )


def _subject(value: Any) -> str:
    return _exact(value, "W117", "subject")


def _audience(value: Any) -> str:
    text = _exact(value, "W116", "audience")
    if " " in text:
        raise spec_error(
            "W116",
            "audience must be exact: one value, without spaces",
            "write the one aud of its tokens for this system",
        )
    return text


def is_spiffe(value: Any) -> bool:
    """Whether this is a SPIFFE id (SPIFFE-ID 2) of a workload: with a path, at most 2048 bytes."""
    return isinstance(value, str) and len(value) <= 2048 and _SPIFFE.fullmatch(value) is not None


def _spiffe(value: Any) -> str:
    if "*" in (text := text_of(value, "a SPIFFE id")):
        raise spec_error("W117", f"subject must be exact, without wildcards: {shown(text)}", _SPIFFE_HELP)
    if not is_spiffe(text) or len(text) > 255:
        raise spec_error("W120", f"{shown(text)} is not a SPIFFE id of a workload", _SPIFFE_HELP)
    return text


def _public_key(value: Any) -> str:
    text = text_of(value, "a PEM public key").strip() + "\n"
    if _PEM.fullmatch(text) is None:
        raise spec_error("W119", "not one PEM public key", "-----BEGIN PUBLIC KEY----- … in a block (|)")
    return text


def _schema(type_: str, **more: Any) -> WithJsonSchema:
    return WithJsonSchema({"type": type_, **more})


Name: TypeAlias = Annotated[str, BeforeValidator(_name), _schema("string", pattern=_NAME_PATTERN, maxLength=_NAME_CAP)]
"""Lower-case letters, digits, dots and dashes."""
GrantedName: TypeAlias = Annotated[
    str,
    BeforeValidator(_granted_name),
    _schema("string", pattern=_NAME_PATTERN, maxLength=_NAME_CAP, **{"not": {"enum": sorted(_RESERVED)}}),
]
"""A name that native objects are named after: as Name, and not reserved."""
Duration: TypeAlias = Annotated[int, BeforeValidator(parse_duration), _schema("string", pattern=PATTERN)]
"""Seconds, written with units."""
Int: TypeAlias = Annotated[
    int,
    BeforeValidator(_int),
    WithJsonSchema({"anyOf": [{"type": "integer"}, {"type": "string", "pattern": r"^[+-]?[0-9]{1,18}$"}]}),
]
Bool: TypeAlias = Annotated[
    bool, BeforeValidator(_bool), WithJsonSchema({"anyOf": [{"type": "boolean"}, {"enum": ["true", "false"]}]})
]
Date: TypeAlias = Annotated[date, BeforeValidator(_date), _schema("string", format="date")]
Text: TypeAlias = Annotated[str, BeforeValidator(_text), _schema("string", minLength=1)]
"""One line, at most 256 characters."""
LongText: TypeAlias = Annotated[str, BeforeValidator(_long_text), _schema("string", minLength=1)]
Owner: TypeAlias = Annotated[str, BeforeValidator(_owner), _schema("string", minLength=1, maxLength=256)]
"""An e-mail address or a team's name."""
AgentPattern: TypeAlias = Annotated[
    str, BeforeValidator(_agent_pattern), _schema("string", pattern=r"^[a-z0-9.*-]+$", maxLength=_NAME_CAP)
]
"""An agent's name, where ``*`` stands for anything."""
OwnerPattern: TypeAlias = Annotated[str, BeforeValidator(_owner_pattern), _schema("string", minLength=1, maxLength=256)]
"""An owner, where ``*`` stands for anything."""
Url: TypeAlias = Annotated[str, BeforeValidator(_url), _schema("string", pattern=r"^https?://[^@/?#\s]+([/?]\S*)?$")]
"""http or https, without credentials."""
Subject: TypeAlias = Annotated[str, BeforeValidator(_subject), _schema("string", pattern=r"^[^*?]+$", maxLength=255)]
"""The exact ``sub`` of a workload's token."""
Audience: TypeAlias = Annotated[
    str, BeforeValidator(_audience), _schema("string", pattern=r"^[^*?\s]+$", maxLength=255)
]
"""The exact ``aud`` of a workload's token."""
SpiffeId: TypeAlias = Annotated[str, BeforeValidator(_spiffe), _schema("string", pattern=r"^spiffe://[^*?]+$")]
PublicKey: TypeAlias = Annotated[str, BeforeValidator(_public_key), _schema("string", pattern="^-----BEGIN ")]
"""One PEM public key or certificate."""
