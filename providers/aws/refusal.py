"""Refusing a part of a value from the validator of the whole, at the part's own position."""

from __future__ import annotations

from pydantic import ValidationError
from pydantic_core import InitErrorDetails

from specs.base import spec_error

KEY = "[key]"
"""As the last part of a place: the key itself, not what stands under it."""


def refuse(place: tuple[int | str, ...], code: str, message: str, help: str) -> ValidationError:
    """What a validator raises: pydantic puts the place behind its own."""
    refused = InitErrorDetails(type=spec_error(code, message, help), loc=place, input=None)
    return ValidationError.from_exception_data("refused", [refused])
