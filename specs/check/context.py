"""What every check sees."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from specs.catalog import Catalog, Failed
from specs.diagnostic import Diagnostic, error
from specs.grants import Holdings
from specs.nodes import dotted
from specs.source import Located, Path


@dataclass(frozen=True, slots=True)
class Context:
    """The catalogue, what is missing from it, and the day that it is judged on."""

    catalog: Catalog
    failed: Failed
    held: Holdings
    today: date


def complain(code: str, message: str, owner: str, located: Located[object], path: Path, help: str) -> Diagnostic:
    """An error at a path of a document; ``owner`` as in ``agents.support-bot``."""
    return error(code, message, subject=dotted(path, owner), help=help, span=located.span(*path))
