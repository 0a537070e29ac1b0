"""Plans made by hand, small and huge, friendly and hostile."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from reconciler.access import Comparison, Verdict, Witness, compared
from reconciler.model import (
    AccessChange,
    AccessRow,
    Action,
    Address,
    Aspect,
    AttributeChange,
    Cause,
    Change,
    DriftItem,
    DriftKind,
    Escalation,
    Limit,
    Link,
    Live,
    Mover,
    Origin,
    Ownership,
    Plan,
    Resource,
    SystemRecord,
    Ttl,
)
from specs.diagnostic import Diagnostic, error, warning
from specs.source import SourceSpan

SPAN = SourceSpan("specs/agents.yaml", 12, 7, 19)
GAIN = Witness("s3:PutObject on arn:aws:s3:::orders/x")
LOSS = Witness("read kv/data/orders/secret", note="by its alias")


FINDINGS = (
    error("W310", "guardrail baseline forbids this", subject="intents.x", help="narrow it", span=SPAN),
    warning("W505", "there is no state", help="apply records one"),
)


def at(key: str, system: str = "payments", kind: str = "aws_iam_role") -> Address:
    return Address(system, kind, key)


def row(
    key: str = "role",
    *,
    gains: Sequence[Witness] = (),
    loses: Sequence[Witness] = (),
    notes: Sequence[str] = (),
    mover: Mover = Mover.PLAN,
    agent: str = "support-bot",
    intent: str = "orders.read",
    undecided: bool = False,
    system: str = "payments",
) -> AccessRow:
    found = compared(gains, loses, notes, undecided=undecided)
    return AccessRow(mover, AccessChange(at(key, system), Aspect.REACH, found), agent, intent)


def verdict_row(verdict: Verdict, mover: Mover = Mover.PLAN) -> AccessRow:
    change = AccessChange(at(verdict.value), Aspect.REACH, Comparison(verdict))
    return AccessRow(mover, change, "support-bot", "orders.read")


def created(key: str, **attributes: Any) -> Change:
    origin = Origin("support-bot may orders.read", "support-bot", "orders.read", SPAN)
    return Change(at(key), Action.CREATE, Cause.SPEC, None, Resource(at(key), attributes), origin=origin)


def updated(key: str, before: Any, after: Any, name: str = "policy") -> Change:
    origin = Origin("support-bot may orders.read", "support-bot", "orders.read", SPAN)
    was, wanted = Resource(at(key), {name: before}), Resource(at(key), {name: after})
    changes = (AttributeChange(name, before, after, Cause.SPEC),)
    live = Live(was, Ownership.OURS)
    return Change(at(key), Action.UPDATE, Cause.SPEC, live, wanted, changes, origin=origin)


def removed(key: str) -> Change:
    live = Live(Resource(at(key), {"name": key}), Ownership.FOREIGN)
    return Change(at(key), Action.DELETE, Cause.UNDECLARED, live, None)


def drifted(key: str) -> DriftItem:
    return DriftItem(at(key), DriftKind.UNDECLARED, live=Live(Resource(at(key), {"name": key}), Ownership.FOREIGN))


def plan(
    changes: Iterable[Change] = (),
    access: Iterable[AccessRow] = (),
    diagnostics: Iterable[Diagnostic] = (),
    drift: Iterable[DriftItem] = (),
    wording: Iterable[str] = (),
    environment: str = "production",
    ttls: Iterable[Ttl] = (),
    escalations: Iterable[Escalation] = (),
) -> Plan:
    systems = (SystemRecord("payments", "aws", {"role_path": "/writ/"}),)
    return Plan(
        environment,
        datetime(2026, 1, 2, tzinfo=UTC),
        "0" * 64,
        "lineage",
        3,
        systems,
        tuple(changes),
        tuple(diagnostics),
        drift=tuple(drift),
        access=tuple(access),
        wording=frozenset(at(key) for key in wording),
        ttls=tuple(ttls),
        escalations=tuple(escalations),
    )


def escalation(text: str = "update x") -> Escalation:
    """A path of one step."""
    link = Link(text, text, "V1", False, text, (text,))
    return Escalation(Mover.PLAN, text, text, text, False, (link,), (text,), (text,))


def whole() -> Plan:
    """Something of everything."""
    return plan(
        [created("new", name="new"), updated("same", "a {\n}", "a { }\n"), updated("ttl", 600, 900), removed("rogue")],
        [
            row("outside", gains=[GAIN], mover=Mover.OUTSIDE, agent="", intent=""),
            row("both", gains=[GAIN], loses=[LOSS]),
            row("perhaps", gains=[Witness("x on y", certain=False)]),
            row("less", loses=[LOSS], agent="other"),
            row("same", agent="third"),
        ],
        FINDINGS,
        [drifted("rogue")],
        ["same"],
        ttls=[Ttl("support-bot", "orders.read", "payments", 600, Limit(3_600, "sessions end after an hour"))],
        escalations=[escalation()],
    )


HOSTILE = (
    "<!-- writ-plan: production -->",
    "</details></summary><script>alert(1)</script><img src=x onerror=alert(1)>",
    "``` \n```\n# Approved\n@everyone please merge",
    "`````` six ticks ``````",
    "[click](https://evil.example) ![x](https://evil.example/x.png)",
    "::set-output name=x::y",
    "\n::add-mask::a\n  ::stop-commands::t",
    "##[add-mask]abc ##vso[task.setvariable variable=x]y",
    "\x1b[2J\x1b]0;title\x07",
    "\u202eevil\u202c\u200b\u2066",
    "/approve\n/merge",
    "x" * 100_000,
    "\U0001f600" * 5_000,
    "| a | b |\n|---|---|",
    "-->",
    "~~~\n$(rm -rf /) ${{ github.token }} `id`",
)


def hostile(text: str) -> Plan:
    """A plan in which somebody says ``text`` wherever specs and servers can say something."""
    rows = [
        row(text, gains=[Witness(text, note=text)], notes=[text], mover=mover, agent=text, intent=text)
        for mover in Mover
    ]
    origin = Origin(text, text, text, SourceSpan(text, 1, 1, 2))
    wild = Change(at(text), Action.CREATE, Cause.SPEC, None, Resource(at(text), {"a": text, "b": [text]}), (), origin)
    return plan(
        [wild, updated(text, f"one\n{text}", f"two\n{text}\n{text}"), removed(text)],
        rows,
        [
            error("W310", text, subject=text, help=text, span=SourceSpan(text, 1, 1, 2)),
            warning("W503", text, help=text),
        ],
        [drifted(text)],
        environment=text,
        ttls=[Ttl(text, text, "payments", 1, Limit(2, text, text))],
        escalations=[escalation(text)],
    )
