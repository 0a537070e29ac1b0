"""All documents of a run, by kind and name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from specs.documents import Agent, Environment, Guardrail, Intent, Retirement
from specs.nodes import RawDocument
from specs.source import Located


@dataclass(frozen=True, slots=True)
class Catalog:
    """Decoded documents by name, in the order of the files."""

    environments: Mapping[str, Located[Environment]] = field(default_factory=dict)
    intents: Mapping[str, Located[Intent]] = field(default_factory=dict)
    agents: Mapping[str, Located[Agent]] = field(default_factory=dict)
    guardrails: Mapping[str, Located[Guardrail]] = field(default_factory=dict)
    retirements: Mapping[str, Located[Retirement]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Failed:
    """Documents that are there but couldn't be decoded: what refers to them isn't a mistake of its own."""

    names: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Names by kind."""
    documents: tuple[RawDocument, ...] = ()
    """Those of a known kind of which all could be read: what is right in them may still be wrong with the others."""
    opaque: bool = False
    """Whether something couldn't even be read, so that it might declare anything."""

    def may_declare(self, kind: str, name: str) -> bool:
        """Whether a document that failed declares this, or might."""
        return self.opaque or name in self.names.get(kind, ())

    def any(self, kind: str) -> bool:
        """Whether a document of this kind failed, or might have."""
        return self.opaque or bool(self.names.get(kind))
