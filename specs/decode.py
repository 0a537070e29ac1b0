"""Plain text values to models: what pydantic found wrong becomes Diagnostics at the YAML."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from specs.base import SpecModel
from specs.diagnostic import Diagnostic, error
from specs.nodes import Positions, dotted
from specs.shape import choices, example, fields, meaning, models_at
from specs.source import Located, Path, SourceSpan
from specs.suggest import closest, hint
from specs.text import cut, instead, shape, shown

M = TypeVar("M", bound=SpecModel)

_CODE = re.compile(r"W[0-9]{3}")
_KIND = ("kind",)
_MOST = 50
"""Findings of one value."""
_CONSIDERED = 1000
"""Of pydantic's errors: a document may have as many as it has values."""
_LONGEST = 400
"""Characters of what one finding says."""
_SHAPES = {
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "dict_type": "a mapping",
    "mapping_type": "a mapping",
    "list_type": "a list",
    "tuple_type": "a list",
    "set_type": "a list",
    "frozen_set_type": "a list",
    "string_type": "text",
}
_CHOICES = {"literal_error": "expected", "enum": "expected", "union_tag_invalid": "expected_tags"}


def decode(model: type[M], located: Located[Any]) -> tuple[M | None, tuple[Diagnostic, ...]]:
    """The value as ``model``, or None and every finding, at the value's own line."""
    try:
        return model.model_validate(located.value), ()
    except ValidationError as problem:
        details = problem.errors(include_url=False, include_input=False)
    findings = _one_member([_resolve(detail, located.value) for detail in details[:_CONSIDERED]])
    made = list(dict.fromkeys(_diagnostic(model, located, finding) for finding in _unmistaken(model, findings)))
    if len(made) > _MOST:
        more = len(made) - _MOST + max(0, len(details) - _CONSIDERED)
        rest = error(
            "W099", f"and {more} more here", subject=made[0].subject, help="mend these first", span=made[_MOST].span
        )
        made = [*made[:_MOST], rest]
    return None, tuple(made)


@dataclass(frozen=True, slots=True)
class _Finding:
    """One of pydantic's errors, at a path of the value as written."""

    path: Path
    detail: ErrorDetails
    value: Any
    missing: str = ""
    key: str | None = None
    union: tuple[Path, str] | None = None
    """The union that this comes from, and which member of it."""


def _resolve(detail: ErrorDetails, value: Any) -> _Finding:
    path: Path = ()
    missing, key = "", None
    union: tuple[Path, str] | None = None
    location = detail["loc"]
    for index, part in enumerate(location):
        last = index == len(location) - 1
        if part == "[key]" and last:
            key, path = str(path[-1]), path[:-1]
        elif detail["type"] == "missing" and last:
            missing = str(part)
        elif _has(value, part):
            path, value = (*path, part), value[part]
        elif union is None:
            union = (path, str(part))
    if detail["type"].startswith("union_tag"):
        tag = str(detail.get("ctx", {}).get("discriminator", "")).strip("'")
        if _has(value, tag):
            path, value = (*path, tag), value[tag]
        else:
            missing = tag
    if _CODE.fullmatch(detail["type"]):
        path, value, key = _within(detail, path, value, key)
    return _Finding(path, detail, value, missing, key, union)


def _within(detail: ErrorDetails, path: Path, value: Any, key: str | None) -> tuple[Path, Any, str | None]:
    """Where in the value a validator's own error points, as far as that is written."""
    context = detail.get("ctx", {})
    at: Path = tuple(context.get("at", ()))
    for index, part in enumerate(at):
        if not _has(value, part):
            break
        if context.get("key") and index == len(at) - 1:
            return path, value, str(part)
        path, value = (*path, part), value[part]
    return path, value, key


def _has(value: Any, part: str | int) -> bool:
    if isinstance(value, dict):
        return part in value
    return isinstance(value, list | tuple) and isinstance(part, int) and part < len(value)


def _one_member(findings: list[_Finding]) -> list[_Finding]:
    """Of a union's members keep the complaints of the one that the value came nearest to."""
    members: dict[Path, dict[str, list[_Finding]]] = {}
    for finding in findings:
        if finding.union is not None:
            members.setdefault(finding.union[0], {}).setdefault(finding.union[1], []).append(finding)
    nearest = {path: max(named.items(), key=_nearness)[0] for path, named in members.items()}
    return [one for one in findings if one.union is None or nearest[one.union[0]] == one.union[1]]


def _unmistaken(model: type[SpecModel], findings: Sequence[_Finding]) -> list[_Finding]:
    """Without the required fields that are there under a mistaken name: their name's error says so."""
    meant = {
        (one.path[:-1], closest(str(one.path[-1]), _fields_at(model, one.path[:-1])))
        for one in findings
        if one.detail["type"] == "extra_forbidden"
    }
    if foreign := [one for one in findings if one.path == _KIND and one.detail["type"] in _CHOICES]:
        return foreign  # all else of another kind's document would be wrong too
    kept = [one for one in findings if not one.missing or (one.path, one.missing) not in meant]
    return [one for one in kept if not _emptied(one, kept)]


def _emptied(finding: _Finding, findings: Sequence[_Finding]) -> bool:
    """A list that pydantic counts as empty only because its items are wrong, which their own errors say."""
    inside = finding.path
    return (
        finding.detail["type"] == "too_short"
        and bool(finding.value)
        and any(len(one.path) > len(inside) and one.path[: len(inside)] == inside for one in findings)
    )


def _nearness(member: tuple[str, list[_Finding]]) -> tuple[int, int]:
    """Best is the member whose shape the value has, then the one whose fields it has."""
    findings = member[1]
    misshapen = any(one.detail["type"] in _SHAPES and one.union and one.path == one.union[0] for one in findings)
    unknown = sum(one.detail["type"] in {"extra_forbidden", "missing"} for one in findings)
    return -int(misshapen), -unknown


def _diagnostic(model: type[SpecModel], located: Located[Any], finding: _Finding) -> Diagnostic:
    code, message, advice = _words(model, finding)
    path = located.path + finding.path
    subject = (*path, finding.missing) if finding.missing else path if finding.key is None else (*path, finding.key)
    by_key = finding.key is not None or finding.detail["type"] == "extra_forbidden"
    return error(
        code,
        message,
        subject=_subject(located, subject),
        help=advice,
        span=_span(located, subject if finding.key is not None else path, by_key=by_key),
    )


def _subject(located: Located[Any], path: Path) -> str:
    locator = located.locator
    return locator.subject(path) if isinstance(locator, Positions) else dotted(path)


def _span(located: Located[Any], path: Path, *, by_key: bool) -> SourceSpan:
    locator = located.locator
    return locator.key_span(path) if by_key and isinstance(locator, Positions) else locator.span(path)


def _words(model: type[SpecModel], finding: _Finding) -> tuple[str, str, str]:
    """Code, message and help, which is never empty."""
    code, message, advice = _said(model, finding)
    return code, message, advice or _way_out(model, finding, code)


def _way_out(model: type[SpecModel], finding: _Finding, code: str) -> str:
    """What to write where what is wrong doesn't say it."""
    least = example(model, finding.path)
    named = [part for part in finding.path if isinstance(part, str)]
    said = meaning(model, finding.path[: finding.path.index(named[-1])], named[-1]) if named else ""
    if code == "W105" and least.startswith("["):
        return f"write at least one item: {least}" + (f" ({said})" if said and least == "[…]" else "")
    if allowed := choices(model, finding.path):
        return f"write {allowed[0]}" if len(allowed) == 1 else f"write one of {', '.join(allowed)}"
    if least != "…":
        return f"write {least}"
    return said or "writ schema tells what may stand here"


def _said(model: type[SpecModel], finding: _Finding) -> tuple[str, str, str]:
    kind, context = finding.detail["type"], finding.detail.get("ctx", {})
    if _CODE.fullmatch(kind):
        message, advice = (_cut(str(context.get(name, "")), finding.value) for name in ("message", "help"))
        return kind, message, advice
    if kind in {"missing", "extra_forbidden", "union_tag_not_found"}:
        return _field_words(model, finding)
    if kind in _SHAPES:
        return _shape_words(_SHAPES[kind], finding.value)
    if kind in _CHOICES:
        return _choice_words(re.findall(r"'([^']*)'", str(context.get(_CHOICES[kind], ""))), finding)
    return _length_words(finding)


def _cut(text: str, value: Any) -> str:
    """What a validator says, without the whole of a long value."""
    if isinstance(value, str) and len(value) > len(short := cut(value)):
        text = text.replace(value, short).replace(repr(value)[1:-1], short)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _length_words(finding: _Finding) -> tuple[str, str, str]:
    kind, context = finding.detail["type"], finding.detail.get("ctx", {})
    if kind in {"too_short", "string_too_short"} and context.get("min_length") == 1:
        return "W105", "must not be empty", ""
    if kind == "too_long":
        return (
            "W106",
            f"at most {context.get('max_length')} items, got {context.get('actual_length')}",
            "split it in two",
        )
    said = finding.detail["msg"].removeprefix("Value error, ")
    return "W199", said[:1].lower() + said[1:], ""


def _field_words(model: type[SpecModel], finding: _Finding) -> tuple[str, str, str]:
    if finding.detail["type"] == "extra_forbidden":
        name = str(finding.path[-1])
        return "W102", f"unknown field {shown(name)}", hint(name, _fields_at(model, finding.path[:-1]), "fields")
    return "W101", f"{finding.missing} is required", _required(model, finding)


def _required(model: type[SpecModel], finding: _Finding) -> str:
    """What a missing field means and, unless it is a mere text, how it is written."""
    path, name = (*finding.path, finding.missing), finding.missing
    said, least = meaning(model, finding.path, name), example(model, path)
    allowed = choices(model, path)
    if len(allowed) > 1:
        return f"{said}: {', '.join(allowed)}" if said else f"one of {', '.join(allowed)}"
    if least == "…" and said:
        return said
    return f"write {name}: {least}" + (f" ({said})" if said and least == "[…]" else "")


def _shape_words(wanted: str, value: Any) -> tuple[str, str, str]:
    advice = "begin each item with '- ', or write [a, b]" if wanted == "a list" else ""
    if wanted == "text":
        advice = instead(value, "one text")
    return "W103", f"expected {wanted}, got {shape(value)}", advice


def _choice_words(allowed: list[str], finding: _Finding) -> tuple[str, str, str]:
    value = finding.value
    if not isinstance(value, str):
        words = f"one of {', '.join(allowed)}"
        return "W103", f"expected {words}, got {shape(value)}", instead(value, words)
    if not value:
        return "W105", "must not be empty", f"one of {', '.join(allowed)}"
    if finding.path == _KIND and allowed:
        # Whose kind isn't a reader's choice: the file is another than the reader meant.
        message = f"expected kind {allowed[0]}, got {shown(value)}"
        return "W104", message, f"name the file whose kind is {allowed[0]}; this is a document of another kind"
    return "W104", f"{shown(value)} is not one of {', '.join(allowed)}", hint(value, allowed)


def _fields_at(model: type[SpecModel], path: Path) -> list[str]:
    return list(dict.fromkeys(_names(model, path)))


def _names(model: type[SpecModel], path: Path) -> Iterator[str]:
    for owner in models_at(model, path):
        yield from fields(owner)
