"""Specs for any number of agents: `python benchmarks/generate.py AGENTS FOLDER`.

Each agent holds one intent of its own with access on all three systems: 12 objects. 800 bytes for each agent with its
intent, so 10,000 of them are 8 MB. Files of 500 agents; a table for 50 agents, since a table's ACL has to fit a page.
"""

from __future__ import annotations

import sys
from pathlib import Path

ENVIRONMENT = """apiVersion: writ/v1
kind: Environment
metadata: {name: bench}
spec:
  issuers:
    cluster: {issuer: https://oidc.example.com/cluster, audiences: {vault: vault, aws: sts.amazonaws.com}}
  systems:
    vault: {provider: vault, auth_mount: jwt-bench, policy_prefix: bench-}
    payments: {provider: aws, account: "123456789012", role_path: /bench/}
    orders-db:
      provider: postgres
      database: orders
      role_prefix: bench_
      credentials: {system: vault, mount: database, connection: orders}
---
apiVersion: writ/v1
kind: Guardrail
metadata: {name: baseline}
spec:
  max_ttl: {low: 8h, medium: 1h, high: 15m}
"""

INTENT = """apiVersion: writ/v1
kind: Intent
metadata: {{name: orders.read-{n}}}
spec:
  purpose: Look up a recent order of region {n} to answer its customer
  risk: low
  data: confidential
  ttl: 15m
  access:
    - system: orders-db
      grants: [{{privileges: [SELECT], tables: [public.orders_{table}]}}]
    - system: payments
      statements: [{{actions: [s3:GetObject], resources: ["arn:aws:s3:::orders-archive/{n}/*"]}}{more}]
    - {{system: vault, paths: [{{path: kv/data/orders/{n}/*, capabilities: [read]}}]}}
---
"""
WAY_OUT = ', {{actions: [iam:CreateAccessKey], resources: ["arn:aws:iam::123456789012:user/ops-{n}"]}}'
"""A path to administrator, that may be (A4)."""
AGENT = """apiVersion: writ/v1
kind: Agent
metadata: {{name: agent-{n}}}
spec:
  owner: team-{team}@example.com
  purpose: Answers the customers of region {n}
  review_by: 2099-03-31
  identity: {{issuer: cluster, subject: "system:serviceaccount:agents:agent-{n}"}}
  intents: [{{name: orders.read-{n}, ttl: 10m}}]
---
"""
PER_FILE = 500
PER_TABLE = 50


def tables(agents: int) -> list[str]:
    """Names of the tables that the specs name."""
    return [f"orders_{number}" for number in range((agents - 1) // PER_TABLE + 1)]


def generate(agents: int, folder: Path, way_out: int = 0) -> None:
    """Write the specs. ``way_out``: of how many agents one comes, perhaps, to administrator; 0: none."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "environment.yaml").write_text(ENVIRONMENT)
    for start in range(0, agents, PER_FILE):
        numbers = range(start, min(start + PER_FILE, agents))
        (folder / f"intents-{start:06d}.yaml").write_text(
            "".join(INTENT.format(n=n, table=n // PER_TABLE, more=_more(n, way_out)) for n in numbers)
        )
        (folder / f"agents-{start:06d}.yaml").write_text("".join(AGENT.format(n=n, team=n % 50) for n in numbers))


def _more(n: int, way_out: int) -> str:
    return WAY_OUT.format(n=n) if way_out and n % way_out == 0 else ""


if __name__ == "__main__":
    generate(int(sys.argv[1]), Path(sys.argv[2]))
