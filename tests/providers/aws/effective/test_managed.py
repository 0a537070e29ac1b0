"""AWS's own managed policies, each with changes whose direction is known."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

from providers.aws.effective.compare import compare
from providers.aws.effective.document import Policy
from providers.aws.effective.evaluator import Principal
from reconciler.access import Comparison
from tests.providers.aws.effective.mutations import DOWN, SAME, UP, managed, mutations

SAMPLE = 60


def principal(document: dict[str, Any]) -> Principal | None:
    return Principal((Policy.of(document),)) if document["Statement"] else None


def fits(found: Comparison, way: str) -> bool:
    """Whether a comparison only finds what the change can have done."""
    if way == SAME:
        return found.verdict == "equal" and not found.notes
    if way == UP:
        return found.verdict in ("widens", "may-widen", "equal") and not found.loses
    return found.verdict in ("narrows", "equal") and not found.gains


def test_changes_of_managed_policies_have_their_direction(sweep: bool) -> None:
    chance = random.Random(17)
    policies = list(managed().items())
    verdicts: Counter[tuple[str, str]] = Counter()
    wrong: list[Any] = []
    for name, document in policies if sweep else chance.sample(policies, SAMPLE):
        old = principal(document)
        for change in mutations(document, chance):
            found = compare(old, principal(change.document))
            verdicts[change.kind, found.verdict] += 1
            # Whether a variable has a value isn't part of the algebra: there the evaluator may contradict it.
            if not fits(found, change.way) and found.verdict != "unknown":
                wrong.append((name, change, found))
    print(f"\n{verdicts.total()} pairs, {len(wrong)} wrong")
    for (kind, verdict), count in sorted(verdicts.items()):
        print(f"  {kind:16} {verdict:12} {count}")
    assert wrong[:2] == []
    unknown = sum(count for (_, verdict), count in verdicts.items() if verdict == "unknown")
    assert unknown <= max(1, verdicts.total() / 5000)
    assert verdicts["add_statement", "widens"] > 0.8 * sum(
        n for (kind, _), n in verdicts.items() if kind == "add_statement"
    )
    assert verdicts["remove_statement", "narrows"] > 0.5 * sum(
        n for (kind, _), n in verdicts.items() if kind == "remove_statement"
    )


def test_the_way_down_is_the_way_up_reversed() -> None:
    assert fits(compare(None, None), SAME)
    assert not fits(compare(None, principal(managed()["ReadOnlyAccess"])), DOWN)
