"""JSON files: strictly JSON, and then read as the YAML that JSON is, for the positions."""

from __future__ import annotations

import json
import re

from specs.diagnostic import Diagnostic, error
from specs.source import SourceSpan

# A backslash that is itself escaped begins no escape.
_ESCAPES = re.compile(r"\\(?:u[dD]([89abAB])([0-9a-fA-F]{2})\\u[dD]([c-fC-F])([0-9a-fA-F]{2})|.)", re.DOTALL)
_HIGH, _LOW = 0xE000, 0xE400
_PAIR = re.compile("([\ue000-\ue3ff])([\ue400-\ue7ff])")


def problem(text: str, file: str) -> Diagnostic | None:
    """Why a text isn't one JSON document, if so. Repeated keys and NaN are told of where the values are read."""
    try:
        json.loads(text, parse_int=len, parse_float=len, parse_constant=len)
    except json.JSONDecodeError as found:
        said = "something follows the document" if found.msg == "Extra data" else found.msg[:1].lower() + found.msg[1:]
        span = SourceSpan(file, found.lineno, found.colno)
        return error("W019", f"not JSON: {said}", help="write JSON, or name the file .yaml", span=span)
    except RecursionError:
        return None  # too deep, which the builder says better
    return None


def without_surrogates(text: str) -> str:
    """Pairs of escaped surrogates, which YAML doesn't know, as two other escapes of the same length."""
    return _ESCAPES.sub(_moved, text) if "\\u" in text else text


def with_surrogates(value: str) -> str:
    """What ``without_surrogates`` took out of a decoded text."""
    return _PAIR.sub(lambda found: chr(0x10000 + (ord(found[1]) - _HIGH) * 0x400 + ord(found[2]) - _LOW), value)


def _moved(found: re.Match[str]) -> str:
    if found[1] is None:
        return found[0]
    high = int(found[1] + found[2], 16) - 0x800
    low = int(found[3] + found[4], 16) - 0xC00
    return f"\\u{_HIGH + high:04x}\\u{_LOW + low:04x}"
