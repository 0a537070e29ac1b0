"""What an import says to people: what was written, what wasn't and why, and what a plan of it would do."""

from __future__ import annotations

from reconciler.model import Address, Drafted, Lacking, Left, Unseen
from reconciler.render.importing import import_json, import_lines
from tests.render.plans import plan, removed

ROLE = Address("payments", "aws_iam_role", 'a"\x1b[2J')
LEFT = Left(ROLE, "IAM role", Lacking("it trusts any subject", "let it trust one"), "orders.read")
INTENT = Drafted("Intent", "orders.read", {}, (ROLE,))
UNSEEN = Unseen("vault", "texts of policies", "permission denied")


def test_for_people() -> None:
    lines = [line.plain for line in import_lines([INTENT], [LEFT], [UNSEEN], None, ["imported/intents.yaml"])]
    assert lines == [
        "Import: 1 intent.",
        "  imported/intents.yaml",
        "",
        "Not an agent's in these specs:",
        '  IAM role payments.aws_iam_role["a\\"\\x1b[2J"]',
        "      why   it trusts any subject",
        "      next  let it trust one",
        "      may   what intent orders.read says",
        "  could not be looked at: texts of policies: permission denied",
    ]


def test_an_environment_that_grew_is_to_be_put_in_place() -> None:
    (first, second, *_) = [line.plain for line in import_lines([Drafted("Environment", "e", {})], [], [], None, [])]
    assert first == "Import: 1 environment."
    assert "in the place of yours" in second


def test_nothing_to_write() -> None:
    assert [line.plain for line in import_lines([], [], [], None, [])] == ["Import: nothing to write."]


def test_what_else_a_plan_does_is_told_as_what_it_is() -> None:
    quiet = [line.plain for line in import_lines([], [], [], plan([]), [])]
    assert quiet[-1] == "A plan of them: 0 to import, 0 to record as they are; nobody's access changes."
    told = [line.plain for line in import_lines([], [], [], plan([removed("rogue")]), [])]
    assert told[-3:] == [
        "A plan of them: 0 to import, 0 to record as they are; nobody's access changes by that.",
        "It also does this, which no document of these is about; look at it before you apply:",
        '  delete: payments.aws_iam_role["rogue"]',
    ]


def test_as_json() -> None:
    found = import_json("e", [INTENT], {("Intent", "orders.read"): "text"}, [LEFT], [UNSEEN], 3, None, [], ())
    assert found["documents"] == [{"kind": "Intent", "name": "orders.read", "of": [str(ROLE)], "text": "text"}]
    assert found["left"][0]["why"] == "it trusts any subject"
    assert (found["declared"], found["plan"], found["written"]) == (3, None, [])
