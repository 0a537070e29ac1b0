"""pydantic's errors become one Diagnostic each, at the right line, in people's words."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field, model_validator

from specs import Located, decode
from specs.base import SpecModel, spec_error
from specs.fields import Int, Name
from specs.loader import load_bytes
from specs.source import SourceSpan

NAME = "name must be a\u2013z 0\u20139 . -"


class Table(SpecModel):
    tables: list[str]
    """Tables, with their schema."""


class Function(SpecModel):
    functions: list[str]


class Circle(SpecModel):
    shape: Literal["circle"]
    radius: Int


class Square(SpecModel):
    shape: Literal["square"]
    side: Int


class Colour(StrEnum):
    RED = "red"


class Block(SpecModel):
    name: Name = "x"
    colour: Colour = Colour.RED
    count: int = 0
    grants: list[Table | Function] = []
    drawn: Annotated[Circle | Square, Field(discriminator="shape")] | None = None
    either: str | list[str] = ""
    by_name: dict[Name, Table] = {}


def findings(text: str, model: type[SpecModel] = Block) -> list[str]:
    document = load_bytes(text.encode(), "f").documents[0]
    value, diagnostics = decode(model, Located(document.data, document.locator))
    assert (value is None) is bool(diagnostics)
    return [f"{d.span.line}:{d.span.column} {d.code} {d.subject}: {d.message}" for d in diagnostics if d.span]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("nam: x", "1:1 W102 nam: unknown field 'nam'"),
        ("colour: rde", "1:9 W104 colour: 'rde' is not one of red"),
        ("count: x", "1:8 W199 count: input should be a valid integer, unable to parse string as an integer"),
        ("grants: x", "1:9 W103 grants: expected a list, got 'x'"),
        ("grants:\n  - {tables: x}", "2:14 W103 grants[0].tables: expected a list, got 'x'"),
        ("grants:\n  - {tables: [a], colums: b}", "2:19 W102 grants[0].colums: unknown field 'colums'"),
        ("grants:\n  - {functions: [[a]]}", "2:18 W103 grants[0].functions[0]: expected text, got a list"),
        ("drawn: {side: 1}", "1:1 W101 drawn.shape: shape is required"),
        ("drawn: {shape: squaer, side: 1}", "1:16 W104 drawn.shape: 'squaer' is not one of circle, square"),
        ("drawn: {shape: square, side: x}", "1:30 W112 drawn.side: expected a whole number, got 'x'"),
        ("either: {a: b}", "1:1 W103 either: expected text, got a mapping"),
        ("either: [[a]]", "1:10 W103 either[0]: expected text, got a list"),
        ("by_name:\n  Bad: {tables: []}", f"2:3 W107 by_name.Bad: {NAME}: 'B' (U+0042) is an invalid character"),
        ("by_name:\n  good: {}", "2:3 W101 by_name.good.tables: tables is required"),
    ],
)  # fmt: skip
def test_one_finding(text: str, found: str) -> None:
    assert findings(text) == [found]


def test_a_mistaken_required_field_is_said_once() -> None:
    assert findings("table: [a]", Table) == ["1:1 W102 table: unknown field 'table'"]
    assert findings("other: [a]", Table) == [
        "1:1 W101 tables: tables is required",
        "1:1 W102 other: unknown field 'other'",
    ]


def test_help_comes_from_the_model() -> None:
    document = load_bytes(b"{}", "f").documents[0]
    _, (missing,) = decode(Table, Located(document.data, document.locator))
    assert missing.help == "write tables: […] (Tables, with their schema)"


def test_a_part_of_a_document_keeps_its_place() -> None:
    text = (
        "apiVersion: writ/v1\nkind: Intent\nmetadata: {name: i}\nspec:\n  access:\n    - system: a\n      tabels: [x]\n"
    )
    document = load_bytes(text.encode(), "f").documents[0]
    part = {"tabels": ["x"]}
    _, (found,) = decode(Table, Located(part, document.locator, ("spec", "access", 0)))
    assert (str(found.span), found.subject) == ("f:7:7", "intents.i.spec.access[0].tabels")


def test_values_without_yaml() -> None:
    class Nowhere:
        def span(self, path: tuple[str | int, ...]) -> SourceSpan | None:
            return None

    _, (found,) = decode(Table, Located({"tables": "x"}, Nowhere()))  # type: ignore[arg-type]
    assert (found.span, found.subject) == (None, "tables")


def test_messages_are_data() -> None:
    assert str(spec_error("W199", "a {brace} and {0}", "").message()) == "a {brace} and {0}"


class Checked(SpecModel):
    name: str = ""
    items: list[str] = []
    by_name: dict[str, str] = {}

    @model_validator(mode="after")
    def _after(self) -> Checked:
        for index, item in enumerate(self.items):
            if item == "bad":
                raise spec_error("W199", "bad item", "", at=("items", index))
        for name in self.by_name:
            if name == "bad":
                raise spec_error("W199", "bad key", "", at=("by_name", name), key=True)
        return self

    @model_validator(mode="before")
    @classmethod
    def _before(cls, value: Any) -> Any:
        if value.get("name") == "bad":
            raise spec_error("W199", "bad name", "", at=("name", "deeper"))
        return value


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("items: [a, bad]", "1:12 W199 items[1]: bad item"),
        ("by_name:\n  a: b\n  bad: c", "3:3 W199 by_name.bad: bad key"),
        ("items: []\nname: bad", "2:7 W199 name: bad name"),
    ],
)
def test_validators_of_a_whole_model_point_into_it(text: str, found: str) -> None:
    assert findings(text, Checked) == [found]
