"""What a change of an account's objects does to each role: composed of all that hangs on it, then compared."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from providers.aws.effective.compare import compare, compare_trust
from providers.aws.effective.document import DocumentError, Policy
from providers.aws.effective.evaluator import Principal
from providers.aws.naming import ATTACHMENT, PROFILE_ROLE, PROVIDER, PROVIDER_USE, ROLE, ROLE_POLICY, duration_text
from reconciler.access import Comparison, Verdict, Witness, compared
from reconciler.model import AccessChange, Address, Aspect, Resource, Value, Worlds

MOST_IN_DETAIL = 200
"""Roles; of more at once, each is shown by one request instead of one for each action."""


def access_changes(worlds: Worlds) -> Iterator[AccessChange]:
    """A row for each role, and each aspect of it, whose documents differ; and for each issuer that is trusted anew."""
    before, after = _World(worlds.before, worlds.surroundings), _World(worlds.after, worlds.surroundings)
    roles = sorted({role for address in worlds.touched if (role := _role_of(address, worlds))})
    for role in roles:
        yield from _of_role(role, before, after, detailed=len(roles) <= MOST_IN_DETAIL)
    for address in sorted(worlds.touched):
        if address.type in (PROVIDER, PROVIDER_USE):
            yield from _of_issuer(address, worlds)


def _role_of(address: Address, worlds: Worlds) -> Address | None:
    if address.type == ROLE:
        return address
    found = worlds.after.get(address) or worlds.before.get(address)
    if address.type not in (ROLE_POLICY, ATTACHMENT, PROFILE_ROLE) or found is None:
        return None
    return Address(address.system, ROLE, str(found.attributes["role"]))


@dataclass(frozen=True, slots=True)
class _Role:
    """A role's documents, as found: equal texts are equal access."""

    trust: str
    inline: frozenset[str]
    attached: frozenset[str]
    """ARNs."""
    boundary: str
    """ARN, or empty."""
    profiles: frozenset[str]
    session: int
    """Seconds."""


@dataclass(frozen=True)
class _World:
    objects: Mapping[Address, Resource]
    surroundings: object
    _documents: dict[str, Policy] = field(default_factory=dict)

    @property
    def managed(self) -> Mapping[str, str]:
        """Managed policies' documents by ARN."""
        return self.surroundings if isinstance(self.surroundings, Mapping) else {}

    @cached_property
    def _hanging(self) -> Mapping[str, list[Resource]]:
        found: dict[str, list[Resource]] = {}
        for address, resource in self.objects.items():
            if address.type in (ROLE_POLICY, ATTACHMENT, PROFILE_ROLE):
                found.setdefault(str(resource.attributes["role"]), []).append(resource)
        return found

    def role(self, address: Address) -> _Role | None:
        """As it is in this world; None if it isn't."""
        found = self.objects.get(address)
        if found is None:
            return None
        values = found.attributes
        hanging = self._hanging.get(address.key, ())

        def of(kind: str, name: str) -> frozenset[str]:
            return frozenset(str(one.attributes[name]) for one in hanging if one.address.type == kind)

        return _Role(
            trust=str(values["assume_role_policy"]),
            inline=of(ROLE_POLICY, "policy"),
            attached=of(ATTACHMENT, "policy_arn"),
            boundary=str(values["permissions_boundary"] or ""),
            profiles=of(PROFILE_ROLE, "instance_profile"),
            session=_seconds(values["max_session_duration"]),
        )

    def principal(self, role: _Role | None) -> Principal | None:
        """Its composed access. Raises DocumentError where a document isn't known or isn't understood."""
        if role is None:
            return None
        texts = [*sorted(role.inline), *(self._text(arn) for arn in sorted(role.attached))]
        boundary = (_parsed(self._text(role.boundary)),) if role.boundary else None
        return Principal(tuple(_parsed(text) for text in texts), boundary)

    def _text(self, arn: str) -> str:
        if arn not in self.managed:
            raise DocumentError(f"{arn} can't be read, or isn't there")
        return self.managed[arn]


def _of_role(address: Address, before: _World, after: _World, *, detailed: bool) -> Iterator[AccessChange]:
    old, new = before.role(address), after.role(address)
    if old is None and new is None:
        return
    if _reach(old) != _reach(new):
        found = _decided(lambda: compare(before.principal(old), after.principal(new), detailed=detailed))
        yield AccessChange(address, Aspect.REACH, found)
    if _who(old) != _who(new):
        yield AccessChange(address, Aspect.TRUST, _trust(old, new))
    if old is not None and new is not None and old.session != new.session:
        yield AccessChange(address, Aspect.LIFETIME, _lifetime(old.session, new.session))


def _reach(role: _Role | None) -> tuple[object, ...]:
    return () if role is None else (role.inline, role.attached, role.boundary)


def _who(role: _Role | None) -> tuple[object, ...]:
    return () if role is None else (role.trust, role.profiles)


def _trust(old: _Role | None, new: _Role | None) -> Comparison:
    found = _decided(
        lambda: compare_trust(
            _parsed(old.trust, trust=True) if old else None, _parsed(new.trust, trust=True) if new else None
        )
    )
    was, is_now = (role.profiles if role else frozenset[str]() for role in (old, new))
    gains = [*found.gains, *(_in_profile(one) for one in sorted(is_now - was))]
    loses = [*found.loses, *(_in_profile(one) for one in sorted(was - is_now))]
    return compared(gains, loses, found.notes, undecided=found.verdict is Verdict.UNKNOWN)


def _in_profile(profile: str) -> Witness:
    """Whether the trust policy lets EC2 in is another matter, told of there."""
    note = "if its trust policy lets ec2.amazonaws.com in"
    return Witness(f"be the role of instances with profile {profile}", certain=False, note=note)


def _lifetime(old: int, new: int) -> Comparison:
    one = Witness(f"sessions of up to {duration_text(max(old, new))}", note=f"not {duration_text(min(old, new))}")
    return compared([one], []) if new > old else compared([], [one])


def _of_issuer(address: Address, worlds: Worlds) -> Iterator[AccessChange]:
    """Whose tokens AWS takes. Which roles let them in is told of at the roles."""
    old, new = worlds.before.get(address), worlds.after.get(address)
    gained, lost = _audiences(new) - _audiences(old), _audiences(old) - _audiences(new)
    gains = [Witness(f"log in with a token of {one}") for one in sorted(gained)]
    loses = [Witness(f"log in with a token of {one}") for one in sorted(lost)]
    if old is not None and new is not None:
        pins, were = _items(new, "thumbprint_list"), _items(old, "thumbprint_list")
        gains += [_pinned(address, one) for one in sorted(pins - were)]
        loses += [_pinned(address, one) for one in sorted(were - pins)]
    if gains or loses:
        yield AccessChange(address, Aspect.TRUST, compared(gains, loses))


def _pinned(address: Address, thumbprint: str) -> Witness:
    text = f"sign tokens of {address.key} behind the certificate {thumbprint}"
    return Witness(text, certain=False, note="where AWS goes by the thumbprint")


def _audiences(resource: Resource | None) -> set[str]:
    if resource is None:
        return set()
    if resource.address.type == PROVIDER_USE:
        provider, _, audience = resource.address.key.partition(" ")
        return {f"https://{provider} for {audience}"}
    return {f"{resource.attributes['url']} for {one}" for one in _items(resource, "client_id_list")}


def _items(resource: Resource, name: str) -> set[str]:
    found = resource.attributes.get(name)
    return {str(one) for one in found} if isinstance(found, list | tuple) else set()


def _seconds(value: Value) -> int:
    return value if isinstance(value, int) else 0


@lru_cache(maxsize=4096)
def _parsed(text: str, *, trust: bool = False) -> Policy:
    return Policy.parse(text, trust=trust)


def _decided(compare_them: Callable[[], Comparison]) -> Comparison:
    """What isn't understood is no reason to say that nothing is gained."""
    try:
        return compare_them()
    except DocumentError as problem:
        return Comparison(Verdict.UNKNOWN, notes=(str(problem),))
