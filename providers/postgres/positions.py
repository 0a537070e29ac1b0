"""An error of a whole block that one of its values is to blame for."""

from __future__ import annotations

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError


def blaming(problem: PydanticCustomError, value: object, *path: str | int) -> ValidationError:
    """What a block's validator raises so that the error points at a value within the block."""
    return ValidationError.from_exception_data(
        "", [InitErrorDetails(type=problem, loc=path, input=value)], hide_input=True
    )
