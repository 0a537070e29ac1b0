"""What a provider needs to say what stands in a system in the words of the specs."""

from __future__ import annotations

from typing import Any

from reconciler.model import Lacking
from specs.base import SpecModel
from specs.decode import decode
from specs.source import Located, Path, SourceSpan


class _Found:
    """The place of what no file holds."""

    def span(self, path: Path) -> SourceSpan:  # noqa: ARG002
        return SourceSpan("<found>", 1, 1)


def refusal(model: type[SpecModel], value: Any, what: str = "") -> Lacking | None:
    """Why the specs can't say this; None where they can. ``what``: what it is, before the reason."""
    found, problems = decode(model, Located(value, _Found()))
    if found is not None:
        return None
    first = problems[0]
    return Lacking(f"{what}: {first.message}" if what else first.message, first.help)


NO_WORKLOAD = Lacking(
    "no workload proves itself for it: it has a secret of its own",
    "give whoever uses it an agent with this intent, then retire it (kind: Retirement)",
)
