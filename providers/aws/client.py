"""All talk with AWS: login, and calls whose failures are the contract's errors. Only it and session.py use boto3."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from threading import Lock
from typing import Any

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004 - botocore's own
    HTTPClientError,
    IncompleteReadError,
    ParamValidationError,
    SSLError,
)
from botocore.handlers import json_decode_policies
from botocore.parsers import ResponseParserError

from providers.aws.connection import AwsConnection
from providers.aws.errors import NOT_AWS, SIGNATURE, InvalidPrincipal, NoSuchEntity, from_reply, lost
from providers.aws.patterns import FIRST_REGION
from providers.aws.replies import UNREADABLE, Answer, NotFromAws
from providers.aws.retiring.present import AwsAgent
from providers.aws.session import NO_CREDENTIALS, READS, WRITES, client_maker, endpoint_of, session_of
from providers.aws.settings import AwsSettings
from providers.aws.settle import Settling
from providers.aws.territory import Territory
from reconciler.provider import Denied, Pair, ProviderError, Rejected, Scope, Unreachable, may_write
from specs.redaction import keep

LOGIN = "login"
PAGE = 1000
"""Items a page: the most that IAM's lists give."""


class AwsClient:
    """One login to one account: shared by all threads, one attempt for writes, three for reads."""

    def __init__(self, scope: Scope[AwsSettings], make: Callable[[str, Config], Any]) -> None:
        self.scope = scope
        self.settling = Settling()
        self.territory = Territory(scope)
        self.calls: Counter[str] = Counter()
        """Calls by operation, for the curious and the tests."""
        self._counting = Lock()
        self._sts = make("sts", READS)
        self._reader, self._writer = make("iam", READS), make("iam", WRITES)
        for client in (self._reader, self._writer):
            # It parses policies to dicts, and so hides repeated keys.
            client.meta.events.unregister("after-call.iam", json_decode_policies)
        # As late as can be: what it raises comes out of the call.
        self._writer.meta.events.register("before-send.iam", lambda **_: may_write())
        self.arn = ""
        """Who we are there; known after ``verify``."""

    def verify(self) -> None:
        """Ask who we are. Raises Denied unless it is the account that the specs name."""
        with _mapped("sts", "GetCallerIdentity", writing=False):
            self._count("get_caller_identity")
            caller = Answer(self._sts.get_caller_identity())
        settings, self.arn = self.scope.settings, caller["Arn"]
        if caller["Account"] != settings.account:
            raise Denied(
                f"this login is in account {caller['Account']}, the spec says {settings.account} "
                f"for {self.scope.system} ({self.arn})",
                help="log in to that account (profile, assume_role or web_identity in the connections file)",
            )
        partition = self.arn.split(":")[1]
        if partition != settings.partition:
            raise Denied(f"this login is in partition {partition}, the spec says {settings.partition}")

    def read(self, operation: str, **parameters: Any) -> dict[str, Any]:
        """One reading call of IAM, by its name in boto3. Raises NoSuchEntity and the contract's errors."""
        return self._call(self._reader, operation, parameters, writing=False)

    def pages(self, operation: str, items: str, **parameters: Any) -> Iterator[dict[str, Any]]:
        """All items of a list, page by page."""
        marker: dict[str, str] = {}
        while True:
            page = self.read(operation, MaxItems=PAGE, **parameters, **marker)
            yield from page[items]
            if not page.get("IsTruncated"):
                return
            marker = {"Marker": page["Marker"]}

    def write(self, operation: str, **parameters: Any) -> dict[str, Any]:
        """One writing call of IAM, sent once."""
        return self._call(self._writer, operation, parameters, writing=True)

    def write_when_visible(self, operation: str, *, fresh: bool, **parameters: Any) -> None:
        """A write that needs what this run has just made (``fresh``): while IAM doesn't see that, it is repeated.

        IAM refused it, so nothing was done, and repeating is safe.
        """
        until = time.monotonic() + (self.settling.patience if fresh else 0)
        delay = 0.2
        while True:
            try:
                self.write(operation, **parameters)
            except (NoSuchEntity, InvalidPrincipal):
                if time.monotonic() + delay > until:
                    raise
                time.sleep(delay)
                delay = min(delay * 2, 2.0)
            else:
                return

    def close(self) -> None:
        """Free the connections."""
        for client in (self._sts, self._reader, self._writer):
            client.close()

    def _call(self, client: Any, operation: str, parameters: Mapping[str, Any], *, writing: bool) -> dict[str, Any]:
        self._count(operation)
        with _mapped("iam", client.meta.method_to_api_mapping[operation], writing=writing):
            return Answer(getattr(client, operation)(**parameters))

    def _count(self, operation: str) -> None:
        with self._counting:
            self.calls[operation] += 1


def connect(scope: Scope[AwsSettings], connection: AwsConnection, environ: Mapping[str, str]) -> AwsClient:
    """Log in, and verify the account before any other call."""
    with _mapped("sts", LOGIN, writing=False):
        client = AwsClient(scope, client_maker(scope.settings, connection, environ))
    client.verify()
    return client


def present(
    scope: Scope[AwsSettings], connection: AwsConnection, environ: Mapping[str, str], pair: Pair, token: str
) -> AwsAgent:
    """AssumeRoleWithWebIdentity as the pair's role, for the shortest time that AWS gives; and see that it is that."""
    settings = scope.settings
    role = f"{settings.role_prefix}{pair.name}"
    arn = f"arn:{settings.partition}:iam::{settings.account}:role{settings.role_path}{role}"
    endpoint = connection.endpoint_url or endpoint_of("sts", environ) or ""
    region = connection.region or FIRST_REGION[settings.partition]
    with _mapped("sts", LOGIN, writing=False):
        unsigned = READS.merge(Config(signature_version=UNSIGNED))
        where: dict[str, Any] = {"region_name": region, "endpoint_url": endpoint or None}
        nobody: Any = session_of(None).create_client("sts", config=unsigned, **where)
        given = Answer(
            nobody.assume_role_with_web_identity(
                RoleArn=arn, RoleSessionName="writ-proof", WebIdentityToken=token, DurationSeconds=900
            )
        )["Credentials"]
        keep(given["SecretAccessKey"], given["SessionToken"])
        seen = str(Answer(raw_client("sts", endpoint or None, region, given).get_caller_identity())["Arn"])
    if f":assumed-role/{role}/" not in seen:
        raise Rejected(f"a token for {arn} gave a session of {seen}")
    return AwsAgent(seen, endpoint)


def raw_client(
    service: str, endpoint_url: str | None, region: str, credentials: Mapping[str, str] | None = None
) -> Any:
    """A bare boto3 client of a server on loopback, for what the sandbox prepares."""
    keys = credentials or {"AccessKeyId": "sandbox", "SecretAccessKey": "sandbox", "SessionToken": "sandbox"}
    make: Callable[..., Any] = boto3.Session(botocore_session=session_of(None)).client
    return make(
        service,
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
        region_name=region,
        endpoint_url=endpoint_url,
        config=READS,
    )


@contextmanager
def _mapped(service: str, operation: str, *, writing: bool) -> Iterator[None]:
    """Raise botocore's failures as the contract's errors."""
    try:
        yield
    except ClientError as refused:
        found, code = _from_reply(refused, service, writing=writing)
        raise found from (None if code in SIGNATURE else refused)
    except NotFromAws as garbled:
        message = f"the reply to {service}:{operation} isn't AWS's (HTTP {garbled.status})"
        raise lost(message, writing=writing, help=NOT_AWS) from None
    except (BotoCoreError, ResponseParserError) as failed:
        raise _from_botocore(failed, f"{service}:{operation}", writing=writing) from failed
    except RuntimeError as failed:
        if "refreshed" not in str(failed):  # botocore's, of credentials that it has just got
            raise
        way_out = "is the clock of this machine right?"
        raise Denied("AWS login: the credentials that were got just now have expired already", help=way_out) from None
    except UNREADABLE as failed:
        if operation == LOGIN:
            raise Denied(f"AWS login: {failed}", help=NO_CREDENTIALS) from failed
        message = f"the reply to {service}:{operation} is unreadable ({type(failed).__name__})"
        raise lost(message, writing=writing) from failed


def _from_reply(refused: ClientError, service: str, *, writing: bool) -> tuple[ProviderError, str]:
    reply = refused.response
    code, operation = str(reply.get("Error", {}).get("Code", "")), refused.operation_name
    found = from_reply(
        code,
        reply.get("ResponseMetadata", {}).get("HTTPStatusCode", 0),
        str(reply.get("Error", {}).get("Message", "")),
        # A login is refreshed in the middle of other calls: the error names its own operation.
        service="sts" if operation.startswith(("AssumeRole", "GetCaller")) else service,
        operation=operation,
        writing=writing,
    )
    return found, code


def _from_botocore(failed: Exception, action: str, *, writing: bool) -> ProviderError:
    if isinstance(failed, ConnectionError) and not isinstance(failed, SSLError):
        # No connection, so nothing was sent. (TLS can also break while the reply is read.)
        return Unreachable(f"AWS can't be reached for {action}: {failed}", help="check the network and the endpoint")
    if isinstance(failed, HTTPClientError | SSLError | IncompleteReadError | ResponseParserError):
        return lost(f"the reply to {action} was lost or unreadable ({type(failed).__name__})", writing=writing)
    if isinstance(failed, ParamValidationError):
        return Rejected(f"{action}: {failed}")
    return Denied(f"AWS login: {failed}", help=NO_CREDENTIALS)
