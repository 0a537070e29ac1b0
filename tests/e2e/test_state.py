"""One estate, its state with a team: applied with it in PostgreSQL, made anew in S3 from the systems alone."""

from __future__ import annotations

import json
import os
from typing import Any
from urllib.parse import quote

from providers.aws.client import raw_client
from tests.servers import World


def state_in_postgres(world: World) -> str:
    """In the quickstart's own server, which the operator enters by its socket."""
    found = world.connection("orders-db")
    return f"postgresql://{found['user']}@{quote(found['host'], safe='')}:{found['port']}/orders"


def state_in_s3(world: World) -> tuple[str, dict[str, str]]:
    """A bucket, and the variables that lead to it."""
    endpoint = world.connection("payments")["endpoint_url"]
    raw_client("s3", endpoint, "us-east-1").create_bucket(Bucket=f"writ-{os.getpid()}")
    keys = {"AWS_ACCESS_KEY_ID": "sandbox", "AWS_SECRET_ACCESS_KEY": "sandbox", "AWS_SESSION_TOKEN": "sandbox"}
    return f"s3://writ-{os.getpid()}/iam", {"AWS_ENDPOINT_URL_S3": endpoint, "AWS_REGION": "us-east-1", **keys}


def test_a_state_is_kept_with_a_team_and_made_anew(world: World) -> None:
    place = state_in_postgres(world)
    assert "29 added" in world.ok("apply", "-auto-approve", WRIT_STATE=place)
    assert not world.state.exists()
    world.ok("plan", "-detailed-exitcode", WRIT_STATE=place)
    recorded: Any = json.loads(world.ok("state", "pull", WRIT_STATE=place))
    assert world.ok("lock", "list", WRIT_STATE=place) == "Nothing is locked.\n"

    bucket, way = state_in_s3(world)
    done = world.writ("state", "rebuild", "-auto-approve", WRIT_STATE=bucket, **way)
    assert (done.returncode, done.stderr) == (0, "")
    assert "are recorded in a new state" in done.stdout
    made: Any = json.loads(world.ok("state", "pull", WRIT_STATE=bucket, **way))
    assert made["objects"] == recorded["objects"]
    assert made["systems"] == recorded["systems"]
    assert made["lineage"] != recorded["lineage"]
    world.ok("plan", "-detailed-exitcode", WRIT_STATE=bucket, **way)
    assert "29 destroyed" in world.ok("destroy", "-auto-approve", WRIT_STATE=bucket, **way)
