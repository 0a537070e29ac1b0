"""What documents are made of: strict and open parts, metadata, approvals."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias, TypeVar

from pydantic import BeforeValidator, ConfigDict, Field

from specs.base import SpecModel, spec_error
from specs.fields import Date, GrantedName, LongText, Name, Owner, Text

API_VERSION = "writ/v1"
Risk: TypeAlias = Literal["low", "medium", "high"]
DataClass: TypeAlias = Literal["public", "internal", "confidential", "restricted"]
T = TypeVar("T")


def _non_empty(value: Any) -> Any:
    if value == []:
        raise spec_error("W105", "must not be empty", "")  # decode knows what an item looks like
    return value


# pydantic's own min_length counts only the valid items, and so complains twice of one that is wrong.
NonEmpty: TypeAlias = Annotated[tuple[T, ...], BeforeValidator(_non_empty), Field(json_schema_extra={"minItems": 1})]


def nothing(value: Any) -> Any:
    """A key with nothing after it is as good as none: people leave one behind when they delete the last item."""
    return {} if value == "" else value


def no_items(value: Any) -> Any:
    """The same for a list."""
    return [] if value == "" else value


class Strict(SpecModel):
    """A part of a document: fields go by the names that people write, and no others."""

    model_config = ConfigDict(populate_by_name=False)


class Open(Strict):
    """A part whose other fields belong to a provider, and are kept as written."""

    model_config = ConfigDict(extra="allow")

    @property
    def _rest(self) -> dict[str, Any]:
        return self.model_extra or {}


def _none_given() -> Any:
    """An empty mapping by default. A default that is one itself would be copied, deeply, for every document."""
    return Field(default_factory=dict, json_schema_extra={"default": {}})


class Metadata(Strict):
    """What a document is called."""

    name: Name
    """Its name, which no other document of its kind has."""
    labels: Annotated[dict[str, Text], BeforeValidator(nothing)] = _none_given()
    """Short texts to select by."""
    annotations: Annotated[dict[str, LongText], BeforeValidator(nothing)] = _none_given()
    """Texts for other tools; Writ doesn't read them."""
    description: LongText | None = None
    """What it is, for people."""


class GrantedMetadata(Metadata):
    """What a document is called that native objects are named after."""

    name: GrantedName
    """Its name, which no other document of its kind has."""


class Approval(Strict):
    """That somebody looked at an access and said yes."""

    name: Text
    """What was approved, as people find it again: a ticket, a decision."""
    approver: Owner
    """Who approved it."""
    date: Date
    """When."""
