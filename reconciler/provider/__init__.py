"""The contract between the engine and a provider: all that a provider author needs to know."""

from reconciler.provider.asking import Asking, RequestError
from reconciler.provider.attributes import Attribute
from reconciler.provider.contract import Provider
from reconciler.provider.demand import (
    AgentRef,
    Claim,
    Demand,
    Implied,
    IntentRef,
    Issuer,
    LoginRequest,
    LoginTarget,
    Lowering,
    Pair,
    PairDemand,
    Scope,
    Wide,
)
from reconciler.provider.errors import (
    Conflict,
    Denied,
    Fenced,
    ProviderError,
    Rejected,
    Throttled,
    UnknownOutcome,
    Unreachable,
)
from reconciler.provider.fence import fenced, may_write
from reconciler.provider.local import LocalServer, LocalWorld, LoginBackend, Prepared
from reconciler.provider.marker import environment_of, marker_fields, marker_text, owner_by_fields, owner_by_text
from reconciler.provider.meetings import by_stored_secrets, on_rds
from reconciler.provider.policies import PolicyFileError, PolicyFiles
from reconciler.provider.resource_type import ResourceType
from reconciler.provider.retiring import AgentSession, Minted, Retirement, Retiring, Unfit
from reconciler.provider.rights import NOTHING_BEYOND, Beyond, Rights
from reconciler.provider.sources import text_from

__all__ = [
    "NOTHING_BEYOND",
    "AgentRef",
    "AgentSession",
    "Asking",
    "Attribute",
    "Beyond",
    "Claim",
    "Conflict",
    "Demand",
    "Denied",
    "Fenced",
    "Implied",
    "IntentRef",
    "Issuer",
    "LocalServer",
    "LocalWorld",
    "LoginBackend",
    "LoginRequest",
    "LoginTarget",
    "Lowering",
    "Minted",
    "Pair",
    "PairDemand",
    "PolicyFileError",
    "PolicyFiles",
    "Prepared",
    "Provider",
    "ProviderError",
    "Rejected",
    "RequestError",
    "ResourceType",
    "Retirement",
    "Retiring",
    "Rights",
    "Scope",
    "Throttled",
    "Unfit",
    "UnknownOutcome",
    "Unreachable",
    "Wide",
    "by_stored_secrets",
    "environment_of",
    "fenced",
    "marker_fields",
    "marker_text",
    "may_write",
    "on_rds",
    "owner_by_fields",
    "owner_by_text",
    "text_from",
]
