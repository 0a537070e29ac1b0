"""AWS's error codes as the contract's errors (IAM API Reference: Common errors)."""

from __future__ import annotations

from reconciler.provider import Conflict, Denied, ProviderError, Rejected, Throttled, UnknownOutcome, Unreachable

_THROTTLED = frozenset(
    {
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestThrottled",
        "RequestThrottledException",
        "RequestLimitExceeded",
        "TooManyRequestsException",
        "SlowDown",
        # Several changes to one object at once: AWS did none of this one.
        "ConcurrentModification",
        "PriorRequestNotComplete",
    }
)
_LOGIN = frozenset(
    {
        "AuthFailure",
        "ExpiredToken",
        "ExpiredTokenException",
        "IDPRejectedClaim",
        "InvalidClientTokenId",
        "InvalidIdentityToken",
        "MissingAuthenticationToken",
        "OptInRequired",
        "RequestExpired",
        "UnrecognizedClientException",
    }
)
SIGNATURE = frozenset({"IncompleteSignature", "InvalidSignatureException", "SignatureDoesNotMatch"})
"""Their messages repeat the request, session token included: they are never shown."""
_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "NotAuthorized"})
_LIMITS = frozenset({"LimitExceeded", "LimitExceededException"})

NOT_AWS = "look what answers at the endpoint (endpoint_url, AWS_ENDPOINT_URL, a proxy)"


class NoSuchEntity(Rejected):
    """The object isn't there."""


class AlreadyExists(Conflict):
    """An object of this name is there."""


class LoginEnded(Denied):
    """The login itself isn't valid, or isn't any more: no right is missing."""


class InvalidPrincipal(Rejected):
    """A principal in a trust policy that IAM doesn't know, or not yet."""


def from_reply(code: str, status: int, message: str, *, service: str, operation: str, writing: bool) -> ProviderError:
    """The error for an AWS error reply."""
    action = f"{service}:{operation}"
    if code in _THROTTLED or status == 429:
        return Throttled(f"AWS throttles {action}")
    if code in SIGNATURE:
        return Denied(f"AWS refuses the signature of {action} ({code})", help="check the credentials and the clock")
    if code in _LOGIN or code in _DENIED:
        return _denied(code, message, action)
    if status >= 500:
        what = f"HTTP {status}" if code in {"", str(status)} else f"{code} (HTTP {status})"
        return lost(f"AWS failed at {action}: {what}", writing=writing)
    if code:
        return _refused(code, message, action)
    return lost(f"the reply to {action} isn't AWS's (HTTP {status})", writing=writing, help=NOT_AWS)


def _denied(code: str, message: str, action: str) -> ProviderError:
    if code in _LOGIN:
        return LoginEnded(f"AWS refuses the login at {action}: {code}: {message}", help="log in again")
    return Denied(f"{action} is denied: {message}", help=f"grant {action} to this login")


def _refused(code: str, message: str, action: str) -> ProviderError:
    text = f"{action}: {code}: {message}"
    if code == "NoSuchEntity":
        return NoSuchEntity(text)
    if code == "EntityAlreadyExists":
        return AlreadyExists(text, help="plan again")
    if code == "DeleteConflict":
        return Conflict(text, help="something was attached to it meanwhile: plan again")
    if code in _LIMITS:
        return Rejected(text, help="delete what isn't needed, or ask AWS for a higher quota")
    if code == "MalformedPolicyDocument" and "invalid principal" in message.lower():
        return InvalidPrincipal(text)
    return Rejected(text)


def lost(message: str, *, writing: bool, help: str = "") -> ProviderError:
    """No usable reply: a read may be repeated, a write may have been done."""
    if writing:
        return UnknownOutcome(message, help=help or "plan again: what was done will be found")
    return Unreachable(message, help=help or "try again later; look at the endpoint, and at AWS's health page")
