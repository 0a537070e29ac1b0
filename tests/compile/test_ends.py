"""Access that is declared until a moment: wanted before it, and not from it on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from reconciler.compile import Compiled, compile_environment
from reconciler.workflow.specs import Request, validate
from specs.diagnostic import Severity, has_errors
from tests.servers import EXAMPLES

EDIT = datetime(2099, 7, 1, tzinfo=UTC)
"""When runbooks.edit ends in the example directory; builds.watch does later."""


def compiled(now: datetime) -> Compiled:
    specs, _, _ = validate(Request((str(EXAMPLES / "directory" / "specs"),)))
    return compile_environment(specs.catalog, specs.catalog.environments["directory"], now=now)


def test_until_its_end_it_is_wanted_and_from_then_on_it_isnt() -> None:
    before, after = compiled(EDIT - timedelta(seconds=1)), compiled(EDIT)
    assert before.diagnostics == ()
    assert {one.until for one in before.desired.values()} == {EDIT, datetime(2100, 1, 1, tzinfo=UTC)}
    gone = before.desired.keys() - after.desired.keys()
    assert {address.type for address in gone} == {"ldap_group", "ldap_group_membership"}
    assert {one.origin.intent for one in after.desired.values()} == {"builds.watch"}


def test_that_is_told_at_the_line_that_declares_it_and_is_no_error() -> None:
    (found,) = compiled(EDIT).diagnostics
    assert (found.code, found.severity) == ("W217", Severity.WARNING)
    assert found.span is not None
    assert found.span.file.endswith("intents.yaml")
    assert "until 2099-07-01 00:00 UTC" in found.message
    assert not has_errors(compiled(EDIT + timedelta(days=365)).diagnostics)
    assert compiled(EDIT + timedelta(days=365)).desired == {}
