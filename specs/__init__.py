"""The language: what people write. Imports nothing else of Writ's."""

from specs.catalog import Catalog
from specs.codes import CODES, STRICT_CODES
from specs.decode import decode
from specs.documents import Agent, Environment, Guardrail, Intent
from specs.duration import format_duration
from specs.grants import Grant, grants
from specs.loader import Loaded, load, load_file
from specs.nodes import RawDocument
from specs.source import Located
from specs.sources import Sources
from specs.specset import SpecSet, escalate, read

__all__ = [
    "CODES",
    "STRICT_CODES",
    "Agent",
    "Catalog",
    "Environment",
    "Grant",
    "Guardrail",
    "Intent",
    "Loaded",
    "Located",
    "RawDocument",
    "Sources",
    "SpecSet",
    "decode",
    "escalate",
    "format_duration",
    "grants",
    "load",
    "load_file",
    "read",
]
