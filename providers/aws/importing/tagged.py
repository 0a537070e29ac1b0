"""Tags in the way of Writ's own: keys are one to IAM whatever their case."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reconciler.model import Lacking

_MANAGED_BY = "managed-by"
_OURS = "writ:"


def in_the_way(tags: Mapping[str, str]) -> Iterator[Lacking]:
    """Of a role that isn't Writ's: tags that Writ's would replace, or that IAM refuses beside them."""
    for key, value in sorted(tags.items()):
        if key.lower() == _MANAGED_BY:
            yield Lacking(
                f"its tag {key} is {value}: another tool keeps it, and Writ's tag would take the place of that one",
                "take it out of that tool's hands and remove the tag, then import again",
            )
        elif key.lower().startswith(_OURS):
            yield Lacking(
                f"its tag {key} is {value}, and tags of that name are Writ's",
                "remove the tag, then import again",
            )
