"""Condition operators as tests on keys.

Source: IAM's "Condition operators" and "Multivalued context keys": operators on an absent key are false, negated ones,
``…IfExists`` and ``ForAllValues`` true; ``ForAnyValue`` is false whatever its operator (``IfExists`` included).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_network

from providers.aws.effective.document import Condition
from providers.aws.effective.patterns import arn_pattern, pattern
from providers.aws.effective.usual import ADDRESS, BOOLEANS, DATE, FALSE, KINDS, NUMBER, TRUE, TRUTH, forms
from reconciler.access.globs import Globs
from reconciler.access.intervals import HIGHEST, LOWEST, Intervals, Number, Ordered, union
from reconciler.access.keys import KeyTest, Space
from reconciler.access.texts import Texts

TEXT, ANY = "text", "any"
_V6 = 1 << 32
"""IPv6 addresses follow the IPv4 ones."""
_ADDRESSES: Intervals = (((0, 0), (_V6 + (1 << 128), 0)),)
_PREFIX = re.compile(r"(?:(forallvalues|foranyvalue):)?([a-z]+?)(ifexists)?")
_DATE = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(\.\d{1,400})?)?(Z|[+-]\d\d:?\d\d))?)?)?",
    re.IGNORECASE | re.ASCII,
)
# Bounded: a number of thousands of digits is nothing that a key ever holds, and Python reads none of over 4,300.
_EPOCH = re.compile(r"-?[0-9]{5,400}(\.[0-9]{1,400})?")
_NUMBER = re.compile(r"[+-]?[0-9]{1,400}(\.[0-9]{1,400})?")
_COMPARISONS = (*("equals", "notequals", "lessthan", "lessthanequals", "greaterthan", "greaterthanequals"),)


@dataclass(frozen=True, slots=True)
class Test:
    """A condition on a key whose values are of a kind. ``several``: it speaks of a key with several values."""

    kind: str
    test: KeyTest
    several: bool


@lru_cache(maxsize=16384)
def test_of(condition: Condition, *, variables: bool) -> Test | None:
    """What a condition asks; None if it isn't modelled."""
    found = _PREFIX.fullmatch(condition.operator.lower())
    if not found:
        return None
    quantifier, name, if_exists = found.groups()
    if name == "null":
        return _null(condition) if not quantifier and not if_exists else None
    modelled = _region(name, condition.values, variables=variables)
    if modelled is None:
        return None
    kind, region, negated = modelled
    if quantifier:
        test = KeyTest(region, quantifier == "forallvalues", negated, absent=quantifier == "forallvalues")
        return Test(kind, test, several=True)
    return Test(kind, KeyTest(region, negated, negated, absent=negated or bool(if_exists)), several=False)


def is_undefined(condition: Condition, *, several: bool) -> bool:
    """Whether IAM leaves open when it holds: an operator for one value, asked of a key that may have ``several``.

    Source: IAM's "Multivalued context keys", which wants ForAnyValue or ForAllValues there. It is reported of AWS that
    without them it holds for no value, so that a Deny by it denies nothing.
    """
    operator = condition.operator.lower()
    return several and ":" not in operator and operator != "null"


def _null(condition: Condition) -> Test | None:
    asked = {value.lower() for value in condition.values}
    if not asked or not asked <= {"true", "false"}:
        return None
    present = "false" in asked
    return Test(ANY, KeyTest((), outside=present, absent="true" in asked), several=False)


def _region(name: str, values: tuple[str, ...], *, variables: bool) -> tuple[str, Hashable, bool] | None:
    """(Kind, region, whether the values are to be outside of it)."""
    if name in _TEXTS:
        make, negated = _TEXTS[name]
        patterns = make(values, variables)
        return None if patterns is None else (TEXT, tuple(dict.fromkeys(patterns)), negated)
    if name == "bool":
        known = {"true": TRUE, "false": FALSE}
        truths = [known.get(value.lower()) for value in values]
        return None if None in truths else (TRUTH, tuple(dict.fromkeys(truths)), False)
    if name in {"ipaddress", "notipaddress"}:
        return _of_values(ADDRESS, values, _network, negated=name.startswith("not"))
    for beginning, kind, read in (("numeric", NUMBER, _number), ("date", DATE, instant)):
        comparison = name.removeprefix(beginning)
        if comparison != name and comparison in _COMPARISONS:
            return _compare(kind, comparison, values, read)
    return None


def _compare(
    kind: str, comparison: str, values: tuple[str, ...], read: Callable[[str], Fraction | None]
) -> tuple[str, Hashable, bool] | None:
    def region(value: str) -> Intervals | None:
        number = read(value)
        return None if number is None else _interval(comparison.removeprefix("not"), number)

    return _of_values(kind, values, region, negated=comparison == "notequals")


def _of_values(
    kind: str, values: tuple[str, ...], region: Callable[[str], Intervals | None], *, negated: bool
) -> tuple[str, Hashable, bool] | None:
    regions = [region(value) for value in values]
    known = [one for one in regions if one is not None]
    return (kind, union(known), negated) if len(known) == len(regions) else None


def _interval(comparison: str, value: Fraction) -> Intervals:
    low, high = (value, 0), (value, 1)
    return {
        "equals": ((low, high),),
        "lessthan": ((LOWEST, low),),
        "lessthanequals": ((LOWEST, high),),
        "greaterthan": ((high, HIGHEST),),
        "greaterthanequals": ((low, HIGHEST),),
    }[comparison]


def _number(text: str) -> Fraction | None:
    return Fraction(text) if _NUMBER.fullmatch(text) else None


def instant(text: str) -> Fraction | None:
    """Seconds since 1970 of a W3C date-time, or of a number of seconds of five digits and more; None for neither."""
    if _EPOCH.fullmatch(text):
        return Fraction(text)
    found = _DATE.fullmatch(text)
    if not found:
        return None
    year, month, day, hour, minute, second, part, zone = found.groups()
    try:
        moment = datetime(
            int(year), int(month or 1), int(day or 1), int(hour or 0), int(minute or 0), int(second or 0), tzinfo=UTC
        )
    except ValueError:
        return None
    return int(moment.timestamp()) + Fraction((part and f"0{part}") or 0) - _offset(zone or "Z")


def _offset(zone: str) -> int:
    if zone in "Zz":
        return 0
    seconds = int(zone[1:3]) * 3600 + int(zone[-2:]) * 60
    return -seconds if zone[0] == "-" else seconds


def _network(text: str) -> Intervals | None:
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        return None
    first = int(network.network_address) + (_V6 if network.version == 6 else 0)
    return (((first, 0), (first + network.num_addresses, 0)),)


def _literals(values: tuple[str, ...], variables: bool) -> Globs:
    return tuple(pattern(value, variables=variables, wild=False) for value in values)


def _without_case(values: tuple[str, ...], variables: bool) -> Globs:
    return tuple(pattern(value, variables=variables, wild=False, fold=True) for value in values)


def _patterns(values: tuple[str, ...], variables: bool) -> Globs:
    return tuple(pattern(value, variables=variables) for value in values)


def _binary(values: tuple[str, ...], _: bool) -> Globs:
    return _literals(values, variables=False)


def _arns(values: tuple[str, ...], variables: bool) -> Globs | None:
    found = [arn_pattern(value, variables=variables) for value in values]
    known = tuple(one for one in found if one is not None)
    return known if len(known) == len(found) else None


_TEXTS: dict[str, tuple[Callable[[tuple[str, ...], bool], Globs | None], bool]] = {
    "stringequals": (_literals, False),
    "stringnotequals": (_literals, True),
    "stringequalsignorecase": (_without_case, False),
    "stringnotequalsignorecase": (_without_case, True),
    "stringlike": (_patterns, False),
    "stringnotlike": (_patterns, True),
    "binaryequals": (_binary, False),
    "arnequals": (_arns, False),
    "arnlike": (_arns, False),
    "arnnotequals": (_arns, True),
    "arnnotlike": (_arns, True),
}


def space_of(kinds: frozenset[str], key: str, *, loose: bool) -> Space | None:
    """The values of a key that conditions of these kinds speak of; None if they don't go together."""
    kinds -= {ANY}
    if not kinds and key in KINDS:
        kinds = frozenset({KINDS[key]})
    if kinds <= {TEXT, TRUTH}:
        usual = (*BOOLEANS, *forms(key)) if TRUTH in kinds else forms(key)
        # Not the filler of resources: a variable in one would have the key's value by accident.
        return Texts((TRUE, FALSE) if kinds == {TRUTH} else (), loose, filler="y", usual=usual)
    spaces = {
        frozenset({NUMBER}): Ordered(_number_text),
        frozenset({DATE}): Ordered(_date_text),
        frozenset({ADDRESS}): Ordered(_address_text, _ADDRESSES),
    }
    return spaces.get(kinds)


def _number_text(value: Number) -> str:
    exact = Fraction(value)
    if exact.denominator == 1:
        return str(exact.numerator)
    return f"{float(exact):.12g}"


def _date_text(value: Number) -> str:
    whole = int(value // 1)
    try:
        text = datetime.fromtimestamp(whole, tz=UTC).strftime("%Y-%m-%dT%H:%M:%S")
    except (OverflowError, ValueError, OSError):
        return str(whole)
    part = f"{float(value - whole):.6f}"[1:].rstrip("0").rstrip(".")
    return f"{text.rjust(19, '0')}{part}Z"


def _address_text(value: Number) -> str:
    return str(IPv6Address(int(value) - _V6) if value >= _V6 else IPv4Address(int(value)))
