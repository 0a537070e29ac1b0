"""For how long each credential is meant to live, and for how long its system lets it."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from reconciler.compile import ttls_of
from reconciler.model import Action, Cause, Change, Limit, Plan, Ttl
from reconciler.render.plan_json import plan_json
from reconciler.render.plan_text import plan_lines
from reconciler.state.codec import decode_ttl, encode_ttl
from reconciler.workflow.specs import Request, validate
from tests.servers import EXAMPLES


def compiled(tmp_path: Path, ttl: str = "10m") -> dict[tuple[str, str], Ttl]:
    specs = tmp_path / "specs"
    shutil.copytree(EXAMPLES / "quickstart" / "specs", specs)
    for file, old in ((specs / "agents.yaml", "ttl: 10m"), (specs / "intents.yaml", "ttl: 15m")):
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, f"ttl: {ttl}"))
    _, (made,), found = validate(Request((str(specs),)))
    assert not found
    return {(one.intent, one.system): one for one in ttls_of(made)}


def test_each_system_says_what_it_can_enforce(tmp_path: Path) -> None:
    found = compiled(tmp_path)
    vault, aws, database = (found["orders.read", name] for name in ("vault", "payments", "orders-db"))
    assert (vault.declared, vault.limit.enforced, vault.residual, vault.limit.hinges) == (600, 600, 0, "")
    assert (aws.declared, aws.limit.enforced, aws.residual) == (600, 3600, 3000)
    assert aws.limit.why.startswith("a role's sessions can't be capped below 1h: the caller has to ask for 15m")
    assert (database.declared, database.limit.enforced, database.residual) == (600, 600, 0)
    assert "open sessions live on" in database.limit.hinges
    assert found["refunds.issue", "payments"].residual == 3600 - 300


def test_from_an_hour_on_aws_enforces_what_is_declared(tmp_path: Path) -> None:
    aws = compiled(tmp_path, "2h")["orders.read", "payments"]
    assert (aws.declared, aws.limit.enforced, aws.residual) == (7200, 7200, 0)
    assert aws.limit.why.startswith("the role's longest session; ")


def plan_with(tmp_path: Path, *, touched: bool) -> Plan:
    shutil.copytree(EXAMPLES / "quickstart" / "specs", tmp_path / "specs")
    _, (made,), _ = validate(Request((str(tmp_path / "specs"),)))
    rows = tuple(
        Change(address, Action.CREATE, Cause.SPEC, None, wanted.resource, (), wanted.origin)
        for address, wanted in made.desired.items()
        if address.type == "aws_iam_role" and wanted.origin.intent == "orders.read"
    )
    records = tuple(one.record for one in made.systems.values())
    changes = rows if touched else ()
    return Plan("quickstart", datetime.now(UTC), "", "", 0, records, changes, ttls=tuple(ttls_of(made)))


def text_of(plan: Plan) -> str:
    return "\n".join(line.plain for line in plan_lines(plan))


def test_a_plan_tells_where_they_differ_for_whom_it_touches(tmp_path: Path) -> None:
    plan = plan_with(tmp_path, touched=True)
    text = text_of(plan)
    assert "support-bot may orders.read on payments: declared 10m, enforced 1h, so up to 50m longer\n" in text
    assert text.count(" so up to ") == 1
    assert " so up to " not in text_of(replace(plan, changes=()))
    assert " so up to " not in text_of(replace(plan, destroy=True))


def test_json_tells_all(tmp_path: Path) -> None:
    plan = plan_with(tmp_path, touched=False)
    told = {(one["intent"], one["system"]): one for one in plan_json(plan)["ttls"]}
    assert len(told) == len(plan.ttls) == 6
    aws = told["orders.read", "payments"]
    assert (aws["declared_seconds"], aws["enforced_seconds"], aws["residual_seconds"]) == (600, 3600, 3000)
    assert aws["hinges_on"] is None
    assert told["orders.read", "orders-db"]["hinges_on"]


def test_it_survives_a_saved_plan() -> None:
    for until in ("", "2027-04-01T00:00:00Z"):
        one = Ttl("a", "b", "c", 600, Limit(3600, "why", "hinges", until))
        assert decode_ttl(encode_ttl(one)) == one


def test_what_stands_is_told_with_its_end(tmp_path: Path) -> None:
    plan = plan_with(tmp_path, touched=True)
    ends = "2027-04-01T00:00:00Z"
    standing = replace(plan, ttls=tuple(replace(one, limit=replace(one.limit, until=ends)) for one in plan.ttls))
    assert f"on payments: declared 10m, stands until {ends}, so up to 50m longer\n" in text_of(standing)
    assert {one["stands_until"] for one in plan_json(standing)["ttls"]} == {ends}
    assert {one["stands_until"] for one in plan_json(plan)["ttls"]} == {None}


def test_many_are_counted(tmp_path: Path) -> None:
    plan = plan_with(tmp_path, touched=True)
    [aws] = [one for one in plan.ttls if (one.intent, one.system) == ("orders.read", "payments")]
    [row] = plan.changes
    assert row.origin is not None
    names = [f"bot-{number:02}" for number in range(23)]
    many = tuple(replace(row, origin=replace(row.origin, agent=name)) for name in names)
    text = text_of(replace(plan, changes=many, ttls=tuple(replace(aws, agent=name) for name in names)))
    assert "  and 3 more: writ plan -full or -json tells all\n" in text
