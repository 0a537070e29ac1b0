"""Condition operators and keys of a statement (IAM JSON policy elements: Condition operators)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator

from providers.aws.effective.catalogue import GLOBAL_SEVERAL
from providers.aws.operands import wrong_value
from providers.aws.refusal import refuse
from specs.base import spec_error

_COMPARISONS = ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")
_PLAIN = (
    *(f"String{form}" for form in ("Equals", "NotEquals", "EqualsIgnoreCase", "NotEqualsIgnoreCase")),
    *("StringLike", "StringNotLike", "Bool", "BinaryEquals", "IpAddress", "NotIpAddress"),
    *(f"{kind}{form}" for kind in ("Numeric", "Date") for form in _COMPARISONS),
    *("ArnEquals", "ArnNotEquals", "ArnLike", "ArnNotLike"),
)
OPERATORS = frozenset({"Null", *_PLAIN})
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~%/:-]*:[!-~]+( +[!-~]+)*")
# A tag's key may hold letters of any script (IAM API Reference: Tag).
_TAG_KEY = re.compile(r"[A-Za-z0-9-]+:[A-Za-z]+/(?=\S)(?=.*\S\Z)[\w .:/=+@-]{1,128}")


def check_operator(text: str) -> str:
    """An operator that an Allow may use: false when the key is missing, unless it plainly says what must not be."""
    quantifier, found, plain = text.rpartition(":")
    if quantifier == "ForAllValues":
        raise spec_error(
            "W434",
            f"{text}: ForAllValues in an Allow is also true when the key is missing",
            "use ForAnyValue:, or compare a key that has one value",
        )
    if plain.endswith("IfExists") and plain.removesuffix("IfExists") in _PLAIN and quantifier == "ForAnyValue":
        raise spec_error(
            "W434",
            f"{text}: IfExists changes nothing under ForAnyValue, which is false when the key is missing",
            f"use {text.removesuffix('IfExists')}, and give actions that don't know the key a statement of their own",
        )
    if plain.endswith("IfExists") and plain.removesuffix("IfExists") in _PLAIN:
        raise spec_error(
            "W434",
            f"{text}: in an Allow it passes when the key is missing",
            f"use {plain.removesuffix('IfExists')}, and give actions that don't know the key a statement of their own",
        )
    if plain not in OPERATORS or (found and quantifier != "ForAnyValue"):
        raise spec_error("W434", f"{text!r} is not a condition operator", _suggest(plain))
    if found and "Not" in plain:
        raise spec_error(
            "W434",
            f"{text}: in an Allow it passes as soon as one value differs, whatever the others are",
            f"use ForAnyValue:{plain.replace('Not', '')} with the values that are wanted",
        )
    return text


def check_key(text: str) -> str:
    """A condition key: ``service:key`` or ``aws:key``."""
    if not _KEY.fullmatch(text) and not _TAG_KEY.fullmatch(text):
        raise spec_error("W434", f"{text!r} is not a condition key", "write service:key, such as aws:SourceVpce")
    return text


def check_keys(values: Mapping[str, tuple[str, ...]]) -> Mapping[str, tuple[str, ...]]:
    """Keys differ by more than case: IAM doesn't tell such keys apart."""
    if not values:
        raise spec_error("W434", "a condition needs at least one key", "StringEquals: {aws:SourceVpce: vpce-1}")
    if len({key.lower() for key in values}) < len(values):
        raise spec_error("W434", "two condition keys differ only by case", "IAM takes them for the same key")
    return values


def check_values(conditions: Mapping[str, Mapping[str, tuple[str, ...]]]) -> Mapping[str, Any]:
    """Each value is one that its operator can compare: with any other, IAM's condition is never true, or always."""
    for operator, keys in conditions.items():
        plain = operator.rpartition(":")[2]
        for key, values in keys.items():
            if plain == operator != "Null" and key.lower() in GLOBAL_SEVERAL:
                message = f"{operator} on {key}, which may have several values: IAM doesn't say when that holds"
                raise refuse((operator, key), "W434", message, f"use ForAnyValue:{operator}")
            for index, value in enumerate(values):
                wrong = wrong_value(plain, value)
                if wrong:
                    raise refuse((operator, key, index), "W434", *wrong)
    return conditions


def as_values(raw: Any) -> Any:
    """One value or a list of them, as a list."""
    if isinstance(raw, Sequence) and not isinstance(raw, str) and not raw:
        raise spec_error("W434", "a condition without values is never true", "give a value")
    return (raw,) if isinstance(raw, str) else raw


def _suggest(plain: str) -> str:
    by_case = {name.lower(): name for name in OPERATORS}
    close = get_close_matches(plain.lower(), by_case, n=1)
    return f"did you mean {by_case[close[0]]}?" if close else "such as StringEquals, ArnLike, Bool"


Values = Annotated[tuple[str, ...], BeforeValidator(as_values, json_schema_input_type=str | list[str])]
Keys = Annotated[dict[Annotated[str, AfterValidator(check_key)], Values], AfterValidator(check_keys)]
Conditions = Annotated[dict[Annotated[str, AfterValidator(check_operator)], Keys], AfterValidator(check_values)]
