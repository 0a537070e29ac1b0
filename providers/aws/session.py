"""Sessions with AWS: whose credentials, in which region, at which endpoint, how long and how often to try.

With client.py the only user of boto3.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.credentials import (
    AssumeRoleCredentialFetcher,
    AssumeRoleWithWebIdentityCredentialFetcher,
    CredentialProvider,
    CredentialResolver,
    Credentials,
    DeferredRefreshableCredentials,
    EnvProvider,
)
from botocore.loaders import Loader, create_loader
from botocore.session import Session
from botocore.utils import parse_timestamp

from providers.aws.connection import AwsConnection
from providers.aws.patterns import FIRST_REGION
from providers.aws.replies import refuse_others
from providers.aws.settings import AwsSettings
from providers.aws.tokens import token_loader
from reconciler.provider import Denied
from specs.redaction import keep

_TIMEOUTS = Config(connect_timeout=5, read_timeout=20, user_agent_extra="writ", max_pool_connections=16)
READS = _TIMEOUTS.merge(Config(retries={"mode": "standard", "total_max_attempts": 3}))
# botocore would repeat a write whose reply was lost, and so make things twice.
WRITES = _TIMEOUTS.merge(Config(retries={"mode": "standard", "total_max_attempts": 1}))


@cache
def _loader() -> Loader:
    """AWS's service models, parsed once for all accounts: that takes longer than a call."""
    return create_loader()


def _timestamp(value: Any) -> datetime:
    """As botocore's, which takes half of the time of a bulk reading for the dates of roles."""
    if isinstance(value, str) and value.endswith("Z"):
        return datetime.fromisoformat(value)
    found: datetime = parse_timestamp(value)
    return found


def _keep_credentials(**event: Any) -> None:
    """Wherever the chain found them, and whenever they were refreshed: hidden before they are first used."""
    credentials = event["request_signer"]._credentials  # noqa: SLF001 - the signer's own, which it gives nobody
    if credentials is not None:
        found = credentials.get_frozen_credentials()
        keep(found.secret_key, found.token or "")


def session_of(profile: str | None) -> Session:
    """botocore's, with what every session of ours has: replies that aren't AWS's are refused, credentials hidden."""
    session = Session(profile=profile)
    session.register_component("data_loader", _loader())
    session.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=_timestamp)
    for service in ("iam", "sts"):
        session.register(f"before-parse.{service}", refuse_others)
        session.register(f"before-sign.{service}", _keep_credentials)
    return session


def client_maker(
    settings: AwsSettings, connection: AwsConnection, environ: Mapping[str, str]
) -> Callable[[str, Config], Any]:
    """What makes a client of a service, logged in as the connection says. Raises Denied, and botocore's errors."""
    base = session_of(connection.profile or environ.get("AWS_PROFILE") or None)
    if connection.config_file:
        base.set_config_variable("config_file", connection.config_file)
    region = _region(base, settings, connection, environ)

    def create(service: str, config: Config | None = None, **options: Any) -> Any:
        endpoint = connection.endpoint_url or endpoint_of(service, environ)
        config = READS if config is None else READS.merge(config)
        make: Callable[..., Any] = base.create_client
        return make(service, region_name=region, endpoint_url=endpoint, config=config, **options)

    _use_environment(base, connection, environ)
    credentials = _credentials(base, connection, environ, create)
    if credentials is not None:
        base.register_component("credential_provider", CredentialResolver([_Fixed(credentials)]))
    session = boto3.Session(botocore_session=base, region_name=region)
    make: Callable[..., Any] = session.client
    return lambda service, config: make(
        service, endpoint_url=connection.endpoint_url or endpoint_of(service, environ), config=config
    )


class _Fixed(CredentialProvider):
    """Credentials that are known already, as a chain of one."""

    METHOD = "writ"
    CANONICAL_NAME = "writ"

    def __init__(self, credentials: Credentials) -> None:
        super().__init__()
        self._credentials = credentials

    def load(self) -> Credentials:
        return self._credentials


def _use_environment(base: Session, connection: AwsConnection, environ: Mapping[str, str]) -> None:
    """Keys come from ``environ``; a profile in the connections file goes before them, as in boto3."""
    chain = base.get_component("credential_provider")
    chain.remove(EnvProvider.METHOD)
    if not connection.profile:
        chain.providers.insert(0, EnvProvider(environ=environ))


def _credentials(
    base: Session, connection: AwsConnection, environ: Mapping[str, str], create: Callable[..., Any]
) -> Credentials | None:
    """What web_identity and assume_role give, one after the other; None for boto3's own chain."""
    found: Credentials | None = None
    if connection.web_identity:
        identity = connection.web_identity
        fetcher: Any = AssumeRoleWithWebIdentityCredentialFetcher(
            create,
            token_loader(identity, environ),
            identity.role_arn,
            extra_args={"RoleSessionName": identity.session_name},
        )
        found = DeferredRefreshableCredentials(fetcher.fetch_credentials, "assume-role-with-web-identity")
    if connection.assume_role:
        role = connection.assume_role
        extra = {"RoleSessionName": role.session_name} | ({"ExternalId": role.external_id} if role.external_id else {})
        # Not base.get_credentials(): it remembers what it found, and would sign with that ever after.
        source = found or base.get_component("credential_provider").load_credentials()
        if source is None:
            raise Denied("there are no AWS credentials to assume a role with", help=NO_CREDENTIALS)
        fetcher = AssumeRoleCredentialFetcher(create, source, role.role_arn, extra_args=extra)
        found = DeferredRefreshableCredentials(fetcher.fetch_credentials, "assume-role")
    return found


NO_CREDENTIALS = "set AWS_PROFILE, or profile, assume_role or web_identity in the connections file"


def _region(base: Session, settings: AwsSettings, connection: AwsConnection, environ: Mapping[str, str]) -> str:
    found = connection.region or environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION")
    return found or base.get_config_variable("region") or FIRST_REGION[settings.partition]


def endpoint_of(service: str, environ: Mapping[str, str]) -> str | None:
    """None: AWS itself, or what the profile says."""
    if environ.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() == "true":
        return None
    return environ.get(f"AWS_ENDPOINT_URL_{service.upper()}") or environ.get("AWS_ENDPOINT_URL") or None
