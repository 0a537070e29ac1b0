"""A workload that moves: its old sessions end, and nobody new meets the old access."""

from __future__ import annotations

import hvac
import hvac.exceptions
import pytest

from tests.e2e.hands import MOUNT, READER, Hands
from tests.servers import World

NEW = "system:serviceaccount:support:support-bot-v2"
PATH = "kv/data/orders/returns-policy"


def logged_in(hands: Hands, token: str) -> hvac.Client:
    agent = hvac.Client(url=hands.vault.url)
    agent.auth.jwt.jwt_login(role=READER, jwt=token, path=MOUNT)
    return agent


def test_sessions_of_the_old_subject_end_with_it(world: World) -> None:
    world.apply()
    with Hands(world) as hands:
        old = logged_in(hands, world.token("support-bot", "vault"))
        assert old.read(PATH)
        world.edit("agents.yaml", "system:serviceaccount:support:support-bot", NEW)
        world.apply()
        assert "No changes." in world.ok("plan", "-detailed-exitcode")
        with pytest.raises(hvac.exceptions.Forbidden):
            old.read(PATH)
        with pytest.raises(hvac.exceptions.InvalidRequest):
            logged_in(hands, world.token("support-bot", "vault", sub="system:serviceaccount:support:support-bot"))
        new = logged_in(hands, world.token("support-bot", "vault"))
        assert new.read(PATH)
        for client in (old, new):
            client.adapter.close()


@pytest.mark.thorough
def test_an_owner_that_changes_ends_no_session(world: World) -> None:
    world.apply()
    with Hands(world) as hands:
        agent = logged_in(hands, world.token("support-bot", "vault"))
        world.edit("agents.yaml", "team-support@example.com", "team-orders@example.com")
        assert "0 to destroy" in world.ok("plan")
        world.apply()
        assert agent.read(PATH)
        agent.adapter.close()


def test_who_and_what_together_are_closed_first(world: World) -> None:
    world.apply()
    world.edit("agents.yaml", "system:serviceaccount:support:support-bot", NEW)
    world.edit("intents.yaml", "arn:aws:s3:::orders-archive/*", "arn:aws:s3:::orders-archive/2026/*")
    rows = {row["address"]: row["action"] for row in world.json("plan")["resource_changes"]}
    # Made anew, so that sessions of the old subject end.
    assert rows[f'payments.aws_iam_role["writ-{READER}"]'] == "replace"
    assert rows[f'payments.aws_iam_role_policy["writ-{READER}:orders.read"]'] == "replace"
    world.apply()
    assert "No changes." in world.ok("plan", "-detailed-exitcode")
