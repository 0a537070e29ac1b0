"""Objects in an S3 bucket, written under a condition only. The only user of boto3 here."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004 - botocore's own
    HTTPClientError,
    IncompleteReadError,
)
from botocore.loaders import Loader, create_loader
from botocore.parsers import ResponseParserError
from botocore.session import Session

from reconciler.state.document import MOST
from reconciler.state.errors import StateError
from specs.redaction import keep

_CONFIG = Config(
    connect_timeout=5,
    read_timeout=20,
    user_agent_extra="writ",
    # botocore repeats no write: it couldn't tell a refusal from the echo of its own first try.
    retries={"mode": "standard", "total_max_attempts": 1},
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
)
_TRIES = 4
_PAUSE = 0.2
_RIGHTS = "it needs s3:GetObject, s3:PutObject and s3:ListBucket there; credentials are found as boto3 finds them"


class Conflict(Exception):  # noqa: N818
    """The object isn't as the condition says."""


class _Lost(Exception):  # noqa: N818
    """No answer, or one that doesn't say what was done."""


@dataclass(frozen=True, slots=True)
class Found:
    """An object as it was read."""

    body: bytes
    etag: str


def _keep_credentials(**event: Any) -> None:
    """Hidden before they are first used."""
    credentials = event["request_signer"]._credentials  # noqa: SLF001 - the signer's own, which it gives nobody
    if credentials is not None:
        found = credentials.get_frozen_credentials()
        keep(found.secret_key, found.token or "")


class Bucket:
    """Shared by threads. Every method raises StateError where the bucket can't be used."""

    def __init__(self, name: str) -> None:
        self.name = name
        with self._errors():
            session = Session()
            session.register_component("data_loader", _loader())
            session.register("before-sign.s3", _keep_credentials)
            self._client: Any = boto3.Session(botocore_session=session).client("s3", config=_CONFIG)

    def get(self, key: str) -> Found | None:
        """An object; None where there is none."""
        with self._errors():
            for tried in range(1, _TRIES + 1):
                try:
                    return self._get(key)
                except _Lost:
                    if tried == _TRIES:
                        raise
                    time.sleep(_PAUSE * tried)
        raise AssertionError

    def put(self, key: str, body: bytes, etag: str | None) -> str:
        """Replace what has this etag; without one, make what isn't there. The new etag. Raises Conflict.

        No body may ever have been written before: an etag is a digest of the content, and a write whose answer was
        lost is known again by its body.
        """
        condition = {"IfNoneMatch": "*"} if etag is None else {"IfMatch": etag}
        for tried in range(1, _TRIES + 1):
            try:
                with self._errors(writing=True):
                    return self._put(key, body, condition)
            except (Conflict, _Lost) as failed:
                found = self.get(key) if tried > 1 or isinstance(failed, _Lost) else None
                if found is not None and found.body == body:
                    return found.etag
                if isinstance(failed, Conflict):
                    raise
                time.sleep(_PAUSE * tried)
        message = f"no answer from the bucket {self.name} to a write of {key}: its outcome is unknown"
        raise StateError(message, help="the next run reads what is there")

    def keys(self, prefix: str) -> Iterator[str]:
        """All keys that begin so."""
        with self._errors():
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix)
            for page in pages:
                for one in page.get("Contents", ()):
                    yield one["Key"]

    def _get(self, key: str) -> Found | None:
        try:
            with _told_lost():
                reply = self._client.get_object(Bucket=self.name, Key=key)
                if reply["ContentLength"] > MOST:
                    raise StateError(f"{key} in the bucket {self.name} is too large to be a state")
                return Found(reply["Body"].read(), reply["ETag"])
        except ClientError as refused:
            if _code(refused) in {"NoSuchKey", "404"}:
                return None
            raise

    def _put(self, key: str, body: bytes, condition: dict[str, str]) -> str:
        try:
            with _told_lost():
                reply = self._client.put_object(
                    Bucket=self.name, Key=key, Body=body, ContentType="application/json", **condition
                )
                return str(reply["ETag"])
        except ClientError as refused:
            if _code(refused) in {"PreconditionFailed", "NoSuchKey", "412", "404"}:
                raise Conflict from None
            raise

    @contextmanager
    def _errors(self, *, writing: bool = False) -> Iterator[None]:
        try:
            yield
        except _Lost as lost:
            if writing:
                raise
            message = f"no answer from the bucket {self.name} ({lost})"
            raise StateError(message, help="look at the network and AWS_ENDPOINT_URL_S3") from None
        except ClientError as refused:
            said = f"{_code(refused)}: {refused.response.get('Error', {}).get('Message', '')}"
            raise StateError(f"the bucket {self.name} can't be used: {said}", help=_RIGHTS) from None
        except BotoCoreError as failed:
            kind = type(failed).__name__
            raise StateError(f"the bucket {self.name} can't be used: {kind}", help=_RIGHTS) from None


@cache
def _loader() -> Loader:
    """AWS's service models, parsed once: that takes longer than a call."""
    return create_loader()


@contextmanager
def _told_lost() -> Iterator[None]:
    """What may or may not have been done. S3 refuses one of two conditional writes at once with 409: ask again."""
    try:
        yield
    except (ConnectionError, HTTPClientError, IncompleteReadError, ResponseParserError) as failed:
        raise _Lost(type(failed).__name__) from None
    except ClientError as refused:
        status = refused.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if status >= 500 or status in {409, 429}:
            raise _Lost(_code(refused)) from None
        raise


def _code(refused: ClientError) -> str:
    return str(refused.response.get("Error", {}).get("Code", ""))
