"""What must hold between documents. One file to a family of checks; none does I/O."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from specs.catalog import Catalog, Failed
from specs.check.agents import check_agents
from specs.check.broken import check_broken
from specs.check.context import Context
from specs.check.delegation import check_delegation
from specs.check.guardrails import check_guardrails
from specs.check.identity import check_identities
from specs.check.references import check_references
from specs.check.retirements import check_retirements
from specs.check.ttls import check_ttls
from specs.diagnostic import Diagnostic
from specs.grants import holdings

_CHECKS = (
    check_references,
    check_broken,
    check_ttls,
    check_identities,
    check_delegation,
    check_agents,
    check_guardrails,
    check_retirements,
)


def check(catalog: Catalog, failed: Failed, today: date) -> Iterator[Diagnostic]:
    """Every finding about the catalogue as a whole. ``today`` judges review dates."""
    context = Context(catalog, failed, holdings(catalog), today)
    for family in _CHECKS:
        yield from family(context)
