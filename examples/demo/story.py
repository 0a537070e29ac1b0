"""The main job from end to end, on servers started for it.

Specs are applied, an agent uses what they give it, somebody changes four things by hand, ``writ drift`` names each,
``writ apply`` heals them. Every announced result is checked; exit 1 where one isn't so. Whatever ends the demo, its
servers end with it.
"""  # noqa: INP001 - beside a script

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import botocore.exceptions
import hvac.exceptions
import psycopg
import requests
from hands import Agent, Hands, Login
from narrator import Narrator, UnexpectedError

from reconciler.provider.folder import ClaimedFolder
from reconciler.sandbox.errors import SandboxError
from reconciler.sandbox.folder import DEFAULT, Folder
from reconciler.sandbox.hosting import options
from reconciler.sandbox.sandbox import Sandbox

QUICKSTART = Path(__file__).parent.parent / "quickstart"
READER = "support-bot_orders.read"
POLICY = f"writ-{READER}"
DATABASE_ROLE = f"writ-{READER}_orders-db"
REFUNDS_GROUP = "writ_support-bot_refunds.issue"
ROGUE_POLICY = "arn:aws:iam::aws:policy/AdministratorAccess"
ROGUE_ROLE = "load-generator"
_REFUSALS = (
    hvac.exceptions.VaultError,
    psycopg.Error,
    botocore.exceptions.ClientError,
    botocore.exceptions.BotoCoreError,
    requests.RequestException,
    subprocess.SubprocessError,
)
"""What the servers' own libraries raise."""


def converge(tell: Narrator) -> None:
    """From specs to access."""
    tell.step("Check the specs. No system is asked.")
    tell.writ("validate")
    tell.step("Plan: what would each agent gain, on which system?")
    tell.writ("plan", "-out=access.plan", "-detailed-exitcode", exit_code=2)
    tell.step("Apply exactly this plan.")
    tell.writ("apply", "access.plan")
    tell.step("Plan again: nothing is left to do.")
    tell.check("the plan is empty", "No changes" in tell.writ("plan", "-detailed-exitcode"))


def log_in(tell: Narrator, hands: Hands) -> Agent:
    """An agent proves who it is, for one intent."""
    tell.step("The agent support-bot logs in at OpenBao for the intent orders.read, with its workload token.")
    token = tell.writ("sandbox", "token", "support-bot", "--system", "vault", show=False).strip()
    tell.typed(f"bao write auth/jwt-agents/login role={READER} jwt=…")
    agent = Agent(hands.vault_address, token, READER)
    tell.tell(f"policies {agent.auth['token_policies']}, for {agent.auth['lease_duration']} s")
    tell.check("it got this intent's policy, for its ttl", agent.auth["token_policies"] == [POLICY])
    tell.check("its token dies after 10 minutes", agent.auth["lease_duration"] == 600)
    stranger = tell.writ("sandbox", "token", "support-bot", "--audience", "another-service", show=False).strip()
    tell.check("a token for another audience gets nothing", _refused(hands.vault_address, stranger))
    tell.check("the token can't read the other intent's secret", not _reads(agent, "kv/data/refunds/signing-key"))
    return agent


def use(tell: Narrator, hands: Hands, agent: Agent) -> None:
    """A credential that can do one thing, and dies."""
    tell.step("It asks for a database login: one is made for it alone.")
    tell.typed(f"bao read database/creds/{DATABASE_ROLE}")
    login = agent.login(DATABASE_ROLE)
    tell.tell(f"username {login.username}, lease {login.lease.rpartition('/')[0]}/…")
    with hands.database(login) as session:
        query = "SELECT id, customer, total FROM orders ORDER BY id"
        tell.typed(f'psql -c "{query}"')
        rows = session.execute(query).fetchall()
        tell.tell("\n".join(" | ".join(map(str, row)) for row in rows))
        tell.check("SELECT works", len(rows) == 2)
        insert = "INSERT INTO orders VALUES (3, 'Mallory', 0)"
        tell.typed(f'psql -c "{insert}"')
        tell.check("INSERT is denied", _denied(tell, session, insert))
        tell.step("The agent is done: its token is revoked, and with it everything that it got.")
        agent.leave()
        tell.check("its open session is cut", _soon(lambda: _cut(session)))
    tell.check("its login is dead", _soon(lambda: not _lets_in(hands, login)))


def vandalise(tell: Narrator, hands: Hands) -> None:
    """Four changes that nobody declared."""
    tell.step("Somebody changes things by hand, on all three systems:")
    tell.tell(f"- OpenBao: policy {POLICY} now also reads every secret under kv/")
    hands.widen_policy(POLICY)
    tell.tell(f"- OpenBao: a JWT role {ROGUE_ROLE} lets another workload log in")
    hands.add_jwt_role(ROGUE_ROLE)
    tell.tell(f"- AWS: AdministratorAccess is attached to the role writ-{READER}")
    hands.attach_policy(f"writ-{READER}", ROGUE_POLICY)
    tell.tell(f"- PostgreSQL: {REFUNDS_GROUP} may now delete orders")
    hands.grant(f'GRANT DELETE ON public.orders TO "{REFUNDS_GROUP}"')


def heal(tell: Narrator) -> None:
    """Drift names each of them, apply takes them back."""
    tell.step("Drift: what changed outside since the last apply?")
    found = tell.writ("drift", exit_code=2)
    for name in (
        f'vault_policy["{POLICY}"]',
        f'vault_jwt_auth_backend_role["jwt-agents/{ROGUE_ROLE}"]',
        f'aws_iam_role_policy_attachment["writ-{READER}/{ROGUE_POLICY}"]',
        f'postgresql_grant["{REFUNDS_GROUP}:table:public.orders"]',
    ):
        tell.check(f"it names {name}", name in found)
    tell.check("and nothing else", "Drift: 1 changed, 3 undeclared" in found)
    tell.step("Apply takes all four back.")
    tell.writ("apply", "-auto-approve")
    tell.step("No drift is left.")
    tell.check("the systems are as they were applied", "No drift." in tell.writ("drift"))


def leave(tell: Narrator) -> None:
    """Everything away again."""
    tell.step("Destroy: all that was made is removed, and nothing else.")
    last = tell.writ("destroy", "-auto-approve", show=False).splitlines()[-1]
    tell.tell(f"…\n{last}")


def play(tell: Narrator, folder: Path) -> None:
    """The whole story, in ``folder``."""
    shutil.copytree(QUICKSTART / "specs", folder / "specs")
    claimed = Folder(folder / DEFAULT)
    claimed.claim()
    tell.step("Start OpenBao, PostgreSQL and a local AWS on this machine, with an issuer of workload tokens.")
    tell.typed("writ sandbox up")
    with Sandbox(options((str(folder / "specs"),), QUICKSTART / "seed", 0.0), claimed, tell.tell) as sandbox:
        hands = Hands(Path(sandbox.status.connections))
        converge(tell)
        use(tell, hands, log_in(tell, hands))
        vandalise(tell, hands)
        heal(tell)
        leave(tell)
        tell.step("Stop every process that was started.")
        tell.typed("writ sandbox down")
        processes = [process for server in sandbox.status.servers for process in server.processes]
    tell.check(f"{len(processes)} servers ended", not any(process.alive for process in processes))


def run(interrupted: Callable[[], bool]) -> int:
    """0 when everything was as announced, 1 when not, 130 when interrupted."""
    claimed = ClaimedFolder(Path(tempfile.gettempdir()), "writ-demo-", 0o700)
    tell = Narrator(claimed.path, interrupted)
    try:
        play(tell, claimed.path)
    except (UnexpectedError, SandboxError, *_REFUSALS) as failed:
        # Ctrl-C reaches the commands too, and they may be faster in saying so.
        if interrupted():
            return tell.interrupted()
        tell.failed(f"{type(failed).__name__}: {failed}")
        return 1
    except KeyboardInterrupt:
        return tell.interrupted()
    finally:
        claimed.remove()
    tell.end("All was as announced.")
    return 0


def _refused(address: str, token: str) -> bool:
    try:
        Agent(address, token, READER)
    except (hvac.exceptions.InvalidRequest, hvac.exceptions.Forbidden):
        return True
    return False


def _reads(agent: Agent, path: str) -> bool:
    try:
        agent.read(path)
    except hvac.exceptions.Forbidden:
        return False
    return True


def _denied(tell: Narrator, session: psycopg.Connection[object], statement: str) -> bool:
    try:
        session.execute(statement)  # type: ignore[call-overload]
    except psycopg.errors.InsufficientPrivilege as denied:
        tell.tell(str(denied))
        return True
    return False


def _soon(holds: Callable[[], bool]) -> bool:
    """OpenBao revokes leases in the background, within a second or so."""
    deadline = time.monotonic() + 10
    while not (held := holds()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return held


def _cut(session: psycopg.Connection[object]) -> bool:
    try:
        session.execute("SELECT 1")
    except psycopg.OperationalError:
        return True
    return False


def _lets_in(hands: Hands, login: Login) -> bool:
    try:
        with hands.database(login):
            return True
    except psycopg.OperationalError:
        return False
