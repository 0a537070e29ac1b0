"""What condition keys hold in real requests, so that a witness is one that can be made.

Source: IAM's "AWS global condition context keys" (data type, availability) and "Available keys for AWS web identity
federation". Nothing here decides: where no usual value answers a question, an unusual one does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from providers.aws.effective.document import key_name
from reconciler.access.globs import MANY, SOME, Glob, Globs, glob

TRUTH, ADDRESS, DATE, NUMBER = "truth", "address", "date", "number"
"""Kinds of values that aren't mere text."""
TRUE, FALSE = glob("true", fold=True), glob("false", fold=True)
BOOLEANS: tuple[Globs, ...] = ((glob("true"), glob("false")), (TRUE, FALSE))
KINDS: Mapping[str, str] = {
    "aws:currenttime": DATE,
    "aws:multifactorauthage": NUMBER,
    "aws:multifactorauthpresent": TRUTH,
    "aws:principalisawsservice": TRUTH,
    "aws:securetransport": TRUTH,
    "aws:sourceip": ADDRESS,
    "aws:tokenissuetime": DATE,
    "aws:viaawsservice": TRUTH,
    "aws:vpcsourceip": ADDRESS,
}
"""Keys whose values are of one kind, whatever operators a policy puts to them."""
_ALWAYS = frozenset(
    {
        "aws:currenttime",
        "aws:epochtime",
        "aws:principalaccount",
        "aws:principaltype",
        "aws:requestedregion",
        "aws:securetransport",
        "aws:useragent",
        "aws:userid",
        "aws:viaawsservice",
    }
)
_REGIONS = tuple(glob(one) for one in ("us-east-1", "eu-west-1", "??-*-?"))
_ACCOUNTS = tuple(glob(one) for one in ("999999999999", "888888888888", "123456789012"))
_FORMS: Mapping[str, Globs] = {
    "aws:principalaccount": _ACCOUNTS,
    "aws:principalarn": tuple(
        glob(f"arn:aws:iam::{one}:role/?*") for one in ("999999999999", "123456789012", "????????????")
    ),
    "aws:principalorgid": (glob("o-?*"),),
    "aws:requestedregion": _REGIONS,
    "aws:resourceaccount": _ACCOUNTS,
    "aws:resourceorgid": (glob("o-?*"),),
    "aws:sourceaccount": _ACCOUNTS,
    "aws:sourcearn": (glob("arn:aws:?*:*:*:?*"),),
    "aws:sourcevpc": (glob("vpc-?*"),),
    "aws:sourcevpce": (glob("vpce-?*"),),
    "aws:username": (glob("alice"),),
}
_TEXTS: Mapping[str, tuple[str, ...]] = {
    "aws:principalaccount": ("123456789012",),
    "aws:requestedregion": ("us-east-1", "eu-west-1"),
    "aws:resourceaccount": ("123456789012",),
    "aws:sourceaccount": ("123456789012",),
    "aws:userid": ("AIDAEXAMPLE",),
    "aws:username": ("alice",),
}
_NOT_EMPTY = (Glob(SOME), Glob(f"{SOME}{MANY}"), Glob(f":{MANY}"))


def likely_texts(key: str) -> tuple[str, ...]:
    """Texts that a key may have where a policy puts it for a variable, the plainest first."""
    shown = key.rpartition(":")[2].rpartition("/")[2]
    return (*_TEXTS.get(key, ()), f"some-{shown}", "q", "qzj7")


def forms(key: str) -> tuple[Globs, ...]:
    """What the texts of a key look like, the most usual first."""
    if KINDS.get(key) == TRUTH:
        return BOOLEANS
    return (*((one,) for one in _FORMS.get(key, ())), _NOT_EMPTY)


def is_always_there(key: str, principal: str) -> bool:
    """Whether requests carry it, be they what they may; ``principal``: of one that logs in by a trust policy."""
    return key in _ALWAYS or key in map(key_name, claims(principal))


def claims(principal: str) -> tuple[str, ...]:
    """The keys that every token of an OIDC issuer gives; none for another principal."""
    _, provider, issuer = principal.partition(":oidc-provider/")
    if not principal.startswith("Federated:") or not provider:
        return ()
    return tuple(f"{issuer}:{claim}" for claim in ("aud", "sub"))


def is_unheard_of(key: str, values: Sequence[str]) -> bool:
    """Whether no request has such a value of the key."""
    return KINDS.get(key) == TRUTH and not {"true", "false"}.issuperset(values)
