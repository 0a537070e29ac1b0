"""D2: logins of one identity that several roles take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from providers.vault.names import JWT_ROLE, split_last
from reconciler.model import Address, Kind, Resource, Spot, Step, Value

_ANYBODY = ""


def shared(objects: Mapping[Address, Resource]) -> Iterator[Step]:
    """Each role's identity, and the roles that take it: two steps for a role, however many share it.

    A role without a subject takes everybody whom its audience lets in; one with other conditions takes them perhaps.
    """
    takers: dict[tuple[str, str, str], list[Address]] = {}
    roles = [(address, one) for address, one in objects.items() if address.type == JWT_ROLE]
    for address, one in roles:
        mount, subject = split_last(address.key)[0], str(one.attributes.get("bound_subject") or _ANYBODY)
        for audience in _texts(one.attributes.get("bound_audiences")):
            takers.setdefault((mount, subject, audience), []).append(address)
    for address, one in roles:
        mount, subject = split_last(address.key)[0], str(one.attributes.get("bound_subject") or _ANYBODY)
        for audience in _texts(one.attributes.get("bound_audiences")) if subject else ():
            alike = takers[mount, subject, audience]
            for key in ((mount, subject, audience), (mount, _ANYBODY, audience)):
                if len(alike) > 1 if key[1] else key in takers:
                    how = f"its token for {subject} and {audience}"
                    yield Step((Spot.of(address),), _identity(address.system, key), how)
    for key, taking in takers.items():
        if len(taking) > 1 or not key[1]:
            yield from (_taken(address, objects[address], key) for address in taking)


def _taken(role: Address, one: Resource, key: tuple[str, str, str]) -> Step:
    values = one.attributes
    mount, subject, audience = key
    claims = values.get("bound_claims")
    asks = bool(claims) or bool(values.get("token_bound_cidrs"))
    who = f"for {subject}" if subject else "of any subject"
    how = f"log in at auth/{mount} by {split_last(role.key)[1]}, which takes tokens {who} and {audience}"
    note = "if its other conditions (claims, addresses) hold" if asks else ""
    return Step((_identity(role.system, key),), Spot.of(role), how, "D2", not asks, note, (role,))


def _identity(system: str, key: tuple[str, str, str]) -> Spot:
    return Spot(Kind.ABILITY, system, f"a token at auth/{key[0]} for {key[1] or 'anybody'} and {key[2]}")


def _texts(value: Value) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list | tuple) else []
