"""Marks on a resource type's attributes: all that the engine knows of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Attribute:
    """How the engine and the renderers treat an attribute."""

    help: str
    """One line for the documentation."""
    replaces: bool = False
    """Can't be changed in place: the object is deleted and made again."""
    computed: bool = False
    """Given by the server: shown, never compared, never written."""
    admits: bool = False
    """Says who gets in. Never in force together with an ``allows`` of another time (engine.closing)."""
    allows: bool = False
    """Says what those who get in may do."""
