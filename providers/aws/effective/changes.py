"""What a change of an account's objects does to each role: composed of all that hangs on it, then compared."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from providers.aws.effective.compare import compare, compare_trust
from providers.aws.effective.document import DocumentError, Kind
from providers.aws.effective.world import Role, World, parsed
from providers.aws.naming import (
    ATTACHMENT,
    MANAGED_POLICY,
    PROFILE_ROLE,
    PROVIDER,
    PROVIDER_USE,
    ROLE,
    ROLE_POLICY,
    duration_text,
)
from reconciler.access import Comparison, Verdict, Witness, compared
from reconciler.model import AccessChange, Address, Aspect, Resource, Worlds

MOST_IN_DETAIL = 200
"""Roles; of more at once, each is shown by one request instead of one for each action."""


def access_changes(worlds: Worlds) -> Iterator[AccessChange]:
    """A row for each role, and each aspect of it, whose documents differ; and for each issuer that is trusted anew."""
    before, after = World(worlds.before), World(worlds.after)
    naming = {address.key for address in worlds.touched if address.type == MANAGED_POLICY}
    touched = {role for address in worlds.touched if (role := _role_of(address, worlds))}
    roles = sorted(touched.union(before.naming(naming), after.naming(naming)))
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


def _of_role(address: Address, before: World, after: World, *, detailed: bool) -> Iterator[AccessChange]:
    old, new = before.role(address), after.role(address)
    if old is None and new is None:
        return
    if before.reach(old) != after.reach(new):
        found = _decided(lambda: compare(before.principal(old), after.principal(new), detailed=detailed))
        yield AccessChange(address, Aspect.REACH, found)
    if _who(old) != _who(new):
        yield AccessChange(address, Aspect.TRUST, _trust(old, new))
    if old is not None and new is not None and old.session != new.session:
        yield AccessChange(address, Aspect.LIFETIME, _lifetime(old.session, new.session))


def _who(role: Role | None) -> tuple[object, ...]:
    return () if role is None else (role.trust, role.profiles)


def _trust(old: Role | None, new: Role | None) -> Comparison:
    found = _decided(
        lambda: compare_trust(
            parsed(old.trust, Kind.TRUST) if old else None, parsed(new.trust, Kind.TRUST) if new else None
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


def _decided(compare_them: Callable[[], Comparison]) -> Comparison:
    """What isn't understood is no reason to say that nothing is gained."""
    try:
        return compare_them()
    except DocumentError as problem:
        return Comparison(Verdict.UNKNOWN, notes=(str(problem),))
