"""What a condition's values must look like, by its operator (IAM JSON policy elements: Condition operators)."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable
from datetime import datetime

from providers.aws.patterns import VARIABLE, unfinished

_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
_DATE = re.compile(
    r"[0-9]{4}(-[0-9]{2}(-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?(Z|[+-][0-9]{2}:[0-9]{2}))?)?)?"
)
_EPOCH = re.compile(r"[0-9]{5,}(\.[0-9]+)?")
_ADDRESS = re.compile(r"[0-9A-Fa-f.:]+(/[0-9]{1,3})?")


def _is_truth(text: str) -> bool:
    return text in {"true", "false"}


def _is_number(text: str) -> bool:
    return bool(_NUMBER.fullmatch(text))


def _is_date(text: str) -> bool:
    if _EPOCH.fullmatch(text):
        return True
    if not _DATE.fullmatch(text):
        return False
    if "T" not in text:
        text += "-01-01"[len(text) - 4 :]
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return bool(_ADDRESS.fullmatch(text))


def _is_arn(text: str) -> bool:
    if text.startswith("${"):
        return True
    parts = VARIABLE.sub("v", text).split(":", 5)
    return len(parts) == 6 and parts[0] == "arn"


def _is_binary(text: str) -> bool:
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


_KINDS: dict[str, tuple[Callable[[str], bool], str, str]] = {
    "Bool": (_is_truth, "a truth value", "use true or false"),
    "Null": (_is_truth, "a truth value", "use true or false: true asks that the key is missing"),
    "Numeric": (_is_number, "a number", "such as 10 or 0.5"),
    "Date": (_is_date, "a date", "such as 2030-01-01T00:00:00Z"),
    "IpAddress": (_is_address, "an IP range", "such as 10.0.0.0/8 or 2001:db8::/32"),
    "NotIpAddress": (_is_address, "an IP range", "such as 10.0.0.0/8 or 2001:db8::/32"),
    "Arn": (_is_arn, "an ARN", "such as arn:aws:s3:::bucket or arn:aws:sns:*:123456789012:topic"),
    "Binary": (_is_binary, "base64", "write the value in base64"),
}


def wrong_value(operator: str, text: str) -> tuple[str, str] | None:
    """What is wrong with a value of this operator (without its quantifier), and the way out; None if nothing."""
    if unfinished(text):
        return f"{text!r} holds an unfinished policy variable", "write ${aws:username}, or ${$} for a plain $"
    for kind, (fits, what, hint) in _KINDS.items():
        if operator.startswith(kind):
            return None if fits(text) else (f"{text!r} is not {what}, which {operator} compares", hint)
    return None
