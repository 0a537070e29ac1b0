"""Who gets a role's token, and for how long: a JWT role before and after, field by field."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from reconciler.access import Comparison, Witness, compared
from reconciler.model import Value

_TRUST = (
    "role_type",
    "user_claim",
    "user_claim_json_pointer",
    "bound_claims",
    "bound_claims_type",
    "claim_mappings",
    "groups_claim",
    "clock_skew_leeway",
    "expiration_leeway",
    "not_before_leeway",
    "allowed_redirect_uris",
    "oidc_scopes",
    "token_bound_cidrs",
    "token_strictly_bind_ip",
    "token_type",
    "other_fields",
)
"""Fields that bear on who gets a token, or may use it, and whose values aren't compared for what they mean."""
_TIME = ("token_ttl", "token_max_ttl", "token_explicit_max_ttl", "token_period", "token_num_uses")
_ANY = "any"

Fields = Mapping[str, Value]


def trust(mount: str, old: Fields | None, new: Fields | None) -> Comparison | None:
    """Whose tokens a role takes, before and after; None where nothing that bears on it differs."""
    gains = list(_logins(mount, new, old))
    loses = list(_logins(mount, old, new))
    if old is not None and new is not None:
        changed = [name for name in _TRUST if old.get(name) != new.get(name)]
        gains += [_uncertain(mount, name, new) for name in changed]
        loses += [_uncertain(mount, name, old) for name in changed]
    return compared(gains, loses) if gains or loses else None


def _logins(mount: str, one: Fields | None, other: Fields | None) -> Iterator[Witness]:
    """Logins that ``one`` takes and ``other`` doesn't, by subject and audience."""
    if one is None:
        return
    subject, audiences = _subject(one), _audiences(one)
    if other is not None:
        there = _audiences(other)
        same_subject = _subject(other) in (_ANY, subject)
        if same_subject:
            # An audience more is a login more; any is more than some.
            audiences = frozenset() if _ANY in there else audiences - there
    for audience in sorted(audiences):
        yield Witness(f"log in at auth/{mount} as subject {subject} with a token for {audience}", note=_claims(one))


def _subject(fields: Fields) -> str:
    return str(fields.get("bound_subject") or _ANY)


def _audiences(fields: Fields) -> frozenset[str]:
    return frozenset(_texts(fields.get("bound_audiences"))) or frozenset({_ANY})


def _claims(fields: Fields) -> str:
    found = fields.get("bound_claims")
    return f"with claims {', '.join(sorted(map(str, found)))}" if isinstance(found, Mapping) and found else ""


def _uncertain(mount: str, name: str, fields: Fields) -> Witness:
    return Witness(f"log in at auth/{mount} by {name}", certain=False, note=f"{name} is {_short(fields.get(name))}")


def lifetime(old: Fields, new: Fields) -> Comparison | None:
    """How long, and how often, a token of the role works; None where that is the same."""
    if all(old.get(name) == new.get(name) for name in _TIME):
        return None
    before, after = longest(old), longest(new)
    gains = [Witness(f"tokens of up to {after}", note=f"not {before}")] if _more(new, old) else []
    loses = [Witness(f"tokens of up to {before}", note=f"not {after}")] if _more(old, new) else []
    return compared(gains, loses)


def longest(fields: Fields) -> str:
    """A token's longest life, for people."""
    seconds = _limit(fields)
    uses = _number(fields, "token_num_uses")
    if seconds == float("inf"):
        time = "any time, renewed again and again"
    else:
        time = f"{seconds:.0f} s" if seconds else "the server's longest time"
    return f"{time} and {uses} uses" if uses else time


def _limit(fields: Fields) -> float:
    """Seconds; 0 is the server's limit, which isn't known here."""
    explicit = _number(fields, "token_explicit_max_ttl")
    if explicit:
        return explicit
    if _number(fields, "token_period"):
        return float("inf")
    return _number(fields, "token_max_ttl")


def _more(one: Fields, other: Fields) -> bool:
    """Whether ``one`` may last longer or be used more often. The server's limit counts as the longest but one."""
    here, there = (_limit(fields) or float(1 << 62) for fields in (one, other))
    uses, others = (_number(fields, "token_num_uses") or float("inf") for fields in (one, other))
    return here > there or uses > others or _number(one, "token_ttl") > _number(other, "token_ttl") > 0


def _number(fields: Fields, name: str) -> int:
    value = fields.get(name)
    return value if isinstance(value, int) else 0


def _texts(value: Value) -> Iterable[str]:
    return (str(one) for one in value) if isinstance(value, list | tuple) else ()


def _short(value: Value) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:60]}…"
