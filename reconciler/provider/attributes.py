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
    """Says who gets in. In one plan, for one agent and intent: whoever goes has gone before an ``allows`` is widened,
    and nobody comes in before what an ``allows`` gives too much has gone (engine.stages)."""
    allows: bool = False
    """Says what those who get in may do."""
    bounds: bool = False
    """Says what that may come to at most. It is changed in place; what ``allows`` on top of the object and changes with
    it is replaced around that, for the old of the one with the new of the other may be more than either."""
    words: bool = False
    """Says whose it is, or something to people, and bears on nobody's access."""
    sessions: bool = False
    """Who was let in by it, or what was obtained by it, lives on until the object is removed. So it is replaced where
    the specs let somebody else in, or where it would gain (engine.closing)."""
