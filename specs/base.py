"""The base of every model that YAML is decoded into, and how such a model reports what is wrong."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ConfigDict, WithJsonSchema
from pydantic_core import PydanticCustomError

from specs.source import Path


class SpecModel(BaseModel):
    """A frozen model that refuses fields it doesn't know."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", populate_by_name=True, use_attribute_docstrings=True, hide_input_in_errors=True
    )


def spelled(pattern: str, longest: int | None = None) -> WithJsonSchema:
    """For editors: how a text that a validator checks is spelled. Must match all that the validator accepts."""
    made: dict[str, Any] = {"type": "string", "pattern": f"^(?:{pattern})$"}
    return WithJsonSchema(made if longest is None else made | {"maxLength": longest})


def one_of(names: Iterable[str]) -> WithJsonSchema:
    """For editors: the only texts that a validator accepts."""
    return WithJsonSchema({"type": "string", "enum": list(names)})


def spec_error(code: str, message: str, help: str, at: Path = (), *, key: bool = False) -> PydanticCustomError:
    """What a validator raises: becomes a Diagnostic with this code at the position of the value.

    ``help`` is the way out, in one line: what to write.

    ``at`` leads from the validated value to what is wrong in it, by the names that people write: a field, an item
    (``("capabilities", 2)``); with ``key`` the path ends in a key that is itself what is wrong. Parts that aren't
    there are left out. The message is data, never a template: braces in it stay braces.
    """
    return PydanticCustomError(code, "{message}", {"message": message, "help": help, "at": at, "key": key})
