"""AWS on loopback: moto's server, one for all accounts. Good for API shapes, no oracle of access."""

from __future__ import annotations

import json
import socket
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from providers.aws.patterns import FIRST_REGION
from reconciler.provider.demand import Scope
from reconciler.provider.local import LocalServer, LocalServerError, LocalWorld, Prepared
from reconciler.provider.process import ChildProcess, free_port

AUDIENCE = "sts.amazonaws.com"
OPERATOR = "writ-sandbox-operator"


class MotoServer(LocalServer):
    """moto in a child process. An account exists as soon as it is named."""

    provider = "aws"

    def __init__(self) -> None:
        self._process: ChildProcess | None = None
        self._port = 0

    def start(self, folder: Path) -> None:
        """Start it, and wait until it listens. Its log is ``aws.log``."""
        self._port = free_port()
        argv = (sys.executable, "-P", "-m", "providers.aws.local_server", str(self._port))
        self._process = ChildProcess(argv, folder / "aws.log")
        self._process.wait_until(self._answers, what="moto's server")

    def prepare(self, scope: Scope[Any], world: LocalWorld, seed: Path | None) -> Prepared:
        """An operator's role in the account, and the buckets of ``<system>.seed``: name → key → content."""
        account, partition = scope.settings.account, scope.settings.partition
        region = FIRST_REGION[partition]
        arn = f"arn:{partition}:iam::{account}:role/{OPERATOR}"
        credentials = self._log_in(arn, region)
        self._make_operator(world, arn, region, credentials)
        if seed is not None and (seed / f"{scope.system}.seed").is_file():
            self._fill(json.loads((seed / f"{scope.system}.seed").read_text("utf-8")), region, credentials)
        identity = {"role_arn": arn, "token_command": list(world.token_command(AUDIENCE))}
        return Prepared({"region": region, "endpoint_url": self.endpoint, "web_identity": identity})

    @property
    def version(self) -> str:
        """Which moto."""
        return f"moto {version('moto')}"

    @property
    def endpoint(self) -> str:
        """For AWS_ENDPOINT_URL."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def pids(self) -> tuple[int, ...]:
        """The one process."""
        return (self._process.pid,) if self._process and self._process.running else ()

    def stop(self) -> None:
        """End it."""
        if self._process:
            self._process.stop()

    def client(self, service: str, account: str, partition: str = "aws") -> Any:
        """A bare boto3 client in an account, for tests and demonstrations that change things by hand."""
        region = FIRST_REGION[partition]
        credentials = self._log_in(f"arn:{partition}:iam::{account}:role/{OPERATOR}", region)
        return self._client(service, region, credentials)

    def _answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self._port), timeout=1).close()
        except OSError:
            return False
        return True

    def _log_in(self, role_arn: str, region: str) -> dict[str, str]:
        """Credentials in the role's account: moto gives them whether the role is there or not."""
        sts = self._client("sts", region, None)
        found: dict[str, str] = sts.assume_role(RoleArn=role_arn, RoleSessionName="sandbox")["Credentials"]
        return found

    def _make_operator(self, world: LocalWorld, role_arn: str, region: str, credentials: dict[str, str]) -> None:
        iam = self._client("iam", region, credentials)
        issuer = world.operator_issuer.removeprefix("https://").removeprefix("http://")
        trust = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Federated": role_arn.replace(f":role/{OPERATOR}", f":oidc-provider/{issuer}")},
                    "Action": "sts:AssumeRoleWithWebIdentity",
                    "Condition": {"StringEquals": {f"{issuer}:aud": AUDIENCE, f"{issuer}:sub": world.operator_subject}},
                }
            ],
        }
        try:
            iam.get_role(RoleName=OPERATOR)
        except iam.exceptions.NoSuchEntityException:
            iam.create_role(RoleName=OPERATOR, AssumeRolePolicyDocument=json.dumps(trust))

    def _fill(self, seed: Any, region: str, credentials: dict[str, str]) -> None:
        if not isinstance(seed, dict):
            raise LocalServerError("the seed of an AWS system is {bucket: {key: content}}")
        s3 = self._client("s3", region, credentials)
        for bucket, entries in seed.items():
            place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
            s3.create_bucket(Bucket=bucket, **place)
            for key, content in entries.items():
                s3.put_object(Bucket=bucket, Key=key, Body=str(content).encode())

    def _client(self, service: str, region: str, credentials: dict[str, str] | None) -> Any:
        from providers.aws.client import raw_client  # noqa: PLC0415 - boto3 is slow to import

        return raw_client(service, self.endpoint, region, credentials)
