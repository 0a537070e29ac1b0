"""Fifty secrets, each proved to have been in play, leave by no way: whatever is logged, crashes or is interrupted."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, unquote

import pytest

from providers.aws.client import raw_client
from tests.e2e.canaries import PLACES, SECRETS, Stage
from tests.e2e.gossip import BREAKS
from tests.e2e.hands import ACCOUNT, ENTITY, READER, Hands
from tests.e2e.wiring import closed_port
from tests.servers import EXAMPLES, WRIT, World
from tests.state.test_signing import write_pair
from tests.thorough import sampled

ALL = 'path "*" {\n  capabilities = ["create", "read", "update", "delete", "list", "sudo"]\n}\n'
OPERATORS = ("PGPASSWORD", "passfile", "service-file-password", "password_env")
TEAMS = ("state-url-password", "state-passfile")
GITHUB = ("GITHUB_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "CI_JOB_TOKEN", "VENDOR_API_KEY", "MAIL_PASSWORD")
_SERVED = re.compile(
    r'"(?:client_token|jwt)": ?"([^"]{20,})"|<(?:SecretAccessKey|SessionToken)>([^<]+)<|WebIdentityToken=([^&\s]{20,})'
)


@pytest.fixture
def hands(world: World) -> Iterator[Hands]:
    with Hands(world) as made:
        yield made


@pytest.fixture
def stage(world: World, hands: Hands, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    made = Stage(world, tmp_path_factory.mktemp("taps"))
    prepare(hands)
    yield made
    clean(hands)


def literal(secret: str) -> str:
    return "'" + secret.replace("'", "''") + "'"


def role(place: str) -> str:
    return f"canary_{place.lower().replace('-', '_')}"


def prepare(hands: Hands) -> None:
    """Logins of our own in each system, with the canaries for passwords."""
    for place in ("VAULT_TOKEN", "token_file", "token_env", "token_command"):
        hands.write("auth/token/create", id=SECRETS[place], policies=["root"], ttl="10m")
    hands.write("sys/auth/approle", type="approle")
    hands.write("sys/policies/acl/canaries", policy=ALL)
    hands.write("auth/approle/role/canaries", token_policies="canaries", token_ttl="10m", role_id="canaries")
    for place in ("secret_id_file", "secret_id_env", "secret_id_command"):
        hands.write("auth/approle/role/canaries/custom-secret-id", secret_id=SECRETS[place])
    for place in OPERATORS:
        hands.sql(f"CREATE ROLE {role(place)} SUPERUSER LOGIN PASSWORD {literal(SECRETS[place])}")
    for place in TEAMS:
        hands.sql(f"CREATE ROLE {role(place)} LOGIN PASSWORD {literal(SECRETS[place])}")
    hands.sql("CREATE DATABASE canaries", f"GRANT CREATE ON DATABASE canaries TO {', '.join(map(role, TEAMS))}")
    hands.sql(f"GRANT {role(TEAMS[0])} TO {role(TEAMS[1])}")
    hands.sql(f"ALTER ROLE vault_minter PASSWORD {literal(SECRETS['database-config-password'])}")
    hands.write("database/config/orders", password=SECRETS["database-config-password"])
    hands.sql(f"CREATE ROLE canary_minter LOGIN PASSWORD {literal(SECRETS['minter-password'])}")


def clean(hands: Hands) -> None:
    for place in ("VAULT_TOKEN", "token_file", "token_env", "token_command"):
        hands.write("auth/token/revoke", token=SECRETS[place])
    hands.delete("sys/auth/approle")
    hands.delete("sys/policies/acl/canaries")
    hands.sql("DROP DATABASE canaries")
    for place in (*OPERATORS, *TEAMS):
        hands.sql(f"DROP ROLE {role(place)}")
    hands.sql("DROP ROLE canary_minter")


def port(stage: Stage) -> int:
    return int(stage.world.connection("orders-db")["port"])


def by_environment(stage: Stage) -> dict[str, str]:
    """Everything in variables, as the tools and CI systems have it."""
    login = f"{role('state-url-password')}:{quote(SECRETS['state-url-password'], safe='')}"
    return {
        **{name: SECRETS[name] for name in (*GITHUB, "VAULT_TOKEN", "PGPASSWORD")},
        **{name: SECRETS[name] for name in ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")},
        "AWS_ACCESS_KEY_ID": ACCOUNT,
        "HTTPS_PROXY": f"http://jo:{quote(SECRETS['proxy-url-password'], safe='')}@127.0.0.1:9",
        "DATABASE_URL": f"mysql://jo:{quote(SECRETS['database-url-password'], safe='')}@127.0.0.1/x",
        "WRIT_STATE": f"postgresql://{login}@127.0.0.1:{port(stage)}/canaries",
        "WRIT_CONNECTIONS": stage.connections(
            vault={"login": None},
            payments={"web_identity": None},
            orders_db={"host": "127.0.0.1", "user": role("PGPASSWORD")},
        ),
    }


def by_files(stage: Stage) -> dict[str, str]:
    lines = [f"*:*:*:{role(place)}:{SECRETS[place]}" for place in ("passfile", "state-passfile")]
    shared = (
        f"[default]\naws_access_key_id = {ACCOUNT}\naws_secret_access_key = {SECRETS['aws-shared-secret']}\n"
        f"aws_session_token = {SECRETS['aws-shared-token']}\n"
    )
    token = stage.file("token", SECRETS["token_file"])
    return {
        "PGPASSFILE": stage.file("pgpass", "\n".join(lines)),
        "AWS_SHARED_CREDENTIALS_FILE": stage.file("credentials", shared),
        "WRIT_STATE": f"postgresql://{role('state-passfile')}@127.0.0.1:{port(stage)}/canaries",
        "WRIT_CONNECTIONS": stage.connections(
            vault={"login": {"method": "token", "token_file": token}},
            payments={"web_identity": None},
            orders_db={"host": "127.0.0.1", "user": role("passfile")},
        ),
    }


def by_named_variables(stage: Stage) -> dict[str, str]:
    keys = f"aws_access_key_id = {ACCOUNT}\naws_secret_access_key = {SECRETS['aws-config-secret']}\n"
    config = f"[profile canary]\n{keys}aws_session_token = {SECRETS['aws-config-token']}\n"
    return {
        "OPERATORS_OWN": SECRETS["token_env"],
        "DATABASES_OWN": SECRETS["password_env"],
        "WRIT_CONNECTIONS": stage.connections(
            vault={"login": {"method": "token", "token_env": "OPERATORS_OWN"}},
            payments={"web_identity": None, "profile": "canary", "config_file": stage.file("config", config)},
            orders_db={"host": "127.0.0.1", "user": role("password_env"), "password_env": "DATABASES_OWN"},
        ),
    }


def by_approle(stage: Stage, way: str) -> dict[str, str]:
    place = f"secret_id_{way}"
    kept = stage.file(place, SECRETS[place])
    given = {"env": "ITS_OWN", "file": kept, "command": ["cat", kept]}[way]
    login = {"method": "approle", "role_id": "canaries", place: given}
    its = f"[canary]\nhost=127.0.0.1\nport={port(stage)}\nuser={role('service-file-password')}\n"
    return {
        "ITS_OWN": SECRETS[place],
        "PGSERVICEFILE": stage.file("services", f"{its}password={SECRETS['service-file-password']}\n"),
        "WRIT_CONNECTIONS": stage.connections(
            vault={"login": login}, orders_db={"host": None, "port": None, "user": None, "service": "canary"}
        ),
    }


def test_no_canary_leaves(stage: Stage, hands: Hands) -> None:
    whole_runs(stage, hands)
    other_logins(stage)
    refused(stage)
    misplaced(stage)
    stage.look_at_files()
    assert stage.leaks == set()
    assert set(PLACES) - stage.played == set()
    assert {"signing key", "served 0", "served 1"} <= stage.played


def whole_runs(stage: Stage, hands: Hands) -> None:
    key, _ = write_pair(stage.folder)
    stage.extra["signing key"] = key.read_text().splitlines()[1]
    env = by_environment(stage)
    code, told = stage.run("plan", "-verbose", "-out", "p", "--sign", str(key), **env)
    assert code == 0, told
    assert stage.run("apply", "p", "-verbose", **env)[0] == 0
    hands.sql(f"""COMMENT ON ROLE "writ_{READER}" IS 'password={SECRETS["left-in-a-comment"]}'""")
    hands.iam.update_role(RoleName=f"writ-{READER}", Description=f"hvs.{SECRETS['left-in-a-description']}")
    tag = {"Key": "note", "Value": f"ghp_{SECRETS['left-in-a-tag']}"}
    hands.iam.tag_role(RoleName=f"writ-{READER}", Tags=[tag])
    hands.rewrite(f"identity/entity/name/{ENTITY}", metadata={"note": f"hvs.{SECRETS['left-in-metadata']}"})
    if hands.read(f"database/creds/writ-{READER}_orders-db")["password"]:
        stage.played |= {"minter-password", "database-config-password"}
    code, told = stage.run("plan", "-full", "-out", "q", **by_files(stage))
    assert "- password…" in told
    assert code == 0
    stage.run("show", "q", "-json")
    assert stage.run("apply", "-auto-approve", "-json", **env)[0] == 0
    for arguments in (("audit", "export"), ("state", "pull")):
        stage.run(*arguments, WRIT_STATE=env["WRIT_STATE"])
    assert stage.run("destroy", "-auto-approve", "-verbose", **env)[0] == 0


def other_logins(stage: Stage) -> None:
    assert stage.run("plan", "-json", **by_named_variables(stage))[0] == 0
    command = ["cat", stage.file("printed", SECRETS["token_command"])]
    connections = stage.connections(vault={"login": {"method": "token", "token_command": command}})
    assert stage.run("drift", "-json", WRIT_CONNECTIONS=connections)[0] in {0, 2}
    code, told = stage.run("plan", "-verbose", ending="crash", **by_approle(stage, "env"))
    assert code == 1
    assert "internal error: RuntimeError" in told
    assert "writ: interrupted" in stage.run("plan", "-verbose", ending="interrupt", **by_approle(stage, "file"))[1]
    assert stage.run("plan", "-format", "sarif", **by_approle(stage, "command"))[0] == 0
    served(stage)
    endpoint = stage.world.connection("payments")["endpoint_url"]
    raw_client("s3", endpoint, "us-east-1").create_bucket(Bucket="canaries")
    s3 = {"AWS_ACCESS_KEY_ID": ACCOUNT, "AWS_SECRET_ACCESS_KEY": SECRETS["s3-secret"], "AWS_REGION": "us-east-1"}
    s3 |= {"AWS_SESSION_TOKEN": SECRETS["s3-token"], "AWS_ENDPOINT_URL_S3": endpoint}
    stage.run("state", "list", WRIT_STATE="s3://canaries/state", **s3)


def served(stage: Stage) -> None:
    """The sandbox's own logins: what the servers gave is known afterwards."""
    code, told = stage.run("plan", "-verbose")
    assert code == 0
    tap = max(stage.folder.glob("tap-*"), key=lambda path: int(path.name[4:])).read_text("utf-8", "replace")
    found = sorted({unquote(next(filter(None, one))) for one in _SERVED.findall(tap)})
    assert len(found) > 3
    stage.extra |= {f"served {number}": secret for number, secret in enumerate(found)}
    stage.played |= {f"served {number}" for number in range(len(found))}
    stage.look(told, "printed with served logins")


def refused(stage: Stage) -> None:
    wrong = {
        "VAULT_TOKEN": SECRETS["wrong-vault-token"],
        "PGPASSWORD": SECRETS["wrong-pg-password"],
        "WRIT_CONNECTIONS": stage.connections(
            vault={"login": None}, orders_db={"host": "127.0.0.1", "user": role("passfile")}
        ),
    }
    code, told = stage.run("plan", "-verbose", **wrong)
    assert code == 1
    assert "W702" in told
    url = f"postgresql://{role('state-passfile')}:{SECRETS['wrong-state-password']}@127.0.0.1:{port(stage)}/canaries"
    assert stage.run("state", "list", WRIT_STATE=url)[0] == 1
    option = f"postgresql://jo:{SECRETS['option-state-password']}@127.0.0.1:{closed_port()}/x"
    assert stage.run("state", "list", "-state", option)[0] == 1
    stage.played.add("option-state-password")


def misplaced(stage: Stage) -> None:
    """Each is read, refused, and not repeated."""
    wrong = (
        {
            "vault": {"login": {name: SECRETS[f"vault-login-{name}"] for name in ("token", "secret_id", "jwt")}},
            "payments": {name: SECRETS[f"aws-{name}"] for name in ("secret_access_key", "session_token")},
            "orders_db": {name: SECRETS[f"pg-{name}"] for name in ("password", "sslpassword")},
        },
        {
            "vault": {"address": f"http://jo:{SECRETS['vault-address-password']}@127.0.0.1:8200"},
            "payments": {"endpoint_url": f"http://jo:{SECRETS['aws-endpoint-password']}@127.0.0.1:5000"},
            "issuers": {"cluster": {"jwks_url": f"https://jo:{SECRETS['jwks-url-password']}@127.0.0.1/keys"}},
        },
    )
    for blocks in wrong:
        code, told = stage.run("plan", "-verbose", WRIT_CONNECTIONS=stage.connections(**blocks))
        assert code == 1
        assert "error[W" in told
    spec = (
        "apiVersion: writ/v1\nkind: Intent\nmetadata: {name: a}\nspec:\n"
        f"  purpose: 'password={SECRETS['spec-purpose']}'\n  api_key: {SECRETS['spec-unknown-field']}\n"
        f"  data: https://jo:{SECRETS['spec-url']}@example.com/\n"
    )
    code, told = stage.run("validate", stage.file("wrong.yaml", spec))
    assert code == 1
    assert "W017" in told


@pytest.mark.parametrize("broken", sampled(BREAKS, 6))
def test_a_redactor_with_a_hole_is_found(stage: Stage, hands: Hands, broken: str) -> None:
    """Each part of it is needed: without it, canaries get out."""
    env = by_environment(stage)
    env.pop("WRIT_STATE")
    assert stage.run("apply", "-auto-approve", **env)[0] == 0
    assert stage.leaks == set()
    hands.sql(f"""COMMENT ON ROLE "writ_{READER}" IS 'password={SECRETS["left-in-a-comment"]}'""")
    stage.run("plan", "-verbose", "-out", "p", broken=[broken], **env)
    stage.look_at_files()
    assert stage.leaks != set()


def test_debugging_that_was_left_on(stage: Stage) -> None:
    """A process as a user starts it, with a sitecustomize and the variables that make Python talk."""
    stage.file("sitecustomize.py", "import warnings\nfrom tests.e2e.gossip import noisy\nnoisy()\n")
    env = by_environment(stage) | {"PYTHONDEVMODE": "1", "PYTHONASYNCIODEBUG": "1", "PYTHONWARNINGS": "always"}
    done = subprocess.run(
        [*WRIT, "plan", "-verbose"],
        cwd=stage.world.cwd,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": f"{stage.folder}:{EXAMPLES.parent}", **env},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert "Plan: 29 to add" in done.stdout
    assert "read 0 objects in 3 systems" in (stage.world.cwd / "debug.log").read_text(), "it is on"
    stage.look(done.stdout + done.stderr, "printed while debugging")
    stage.look_at_files()
    assert stage.leaks == set()
    assert "botocore.parsers" not in done.stderr + (stage.world.cwd / "debug.log").read_text()


def test_the_names_of_the_places_are_distinct(tmp_path: Path) -> None:
    assert len(set(SECRETS.values())) == len(PLACES) >= 50
    assert not [one for one in SECRETS.values() if any(one in other for other in SECRETS.values() if other != one)]
    assert tmp_path.is_dir()
