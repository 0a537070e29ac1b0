"""K1: whoever may write the policy of a store counts as who may have the data in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from providers.aws.effective.compare import reaches
from providers.aws.effective.evaluator import Principal
from providers.aws.effective.reach import witness_of
from providers.aws.effective.world import Role, World, parsed
from providers.aws.gains.rules import STORES
from providers.aws.gains.steps import unconditional
from providers.aws.glob import meet, parse
from providers.aws.naming import ROLE
from reconciler.model import Address, Detour, Reach, Resource, Witness

_Patterns = tuple[str, ...]
_GIVEN = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'
"""What the store's policy can give; the role's own denials hold all the same."""


@dataclass(frozen=True, slots=True)
class Store:
    """A kind of store whose policy alone gives access to its data, within its account."""

    service: str
    writes: _Patterns
    """Any of these writes its policy."""
    depth: int = 0
    """How many parts, between slashes, of an ARN's last field name the store: the rest is in it. 0: all of it."""


STORES_KNOWN = (
    Store("s3", ("s3:PutBucketPolicy",), depth=1),
    Store("kms", ("kms:PutKeyPolicy", "kms:CreateGrant")),
    Store("secretsmanager", ("secretsmanager:PutResourcePolicy",)),
    Store("sqs", ("sqs:SetQueueAttributes", "sqs:AddPermission")),
    Store("sns", ("sns:SetTopicAttributes", "sns:AddPermission")),
    Store("dynamodb", ("dynamodb:PutResourcePolicy",), depth=2),
    Store("lambda", ("lambda:AddPermission",)),
    Store("ecr", ("ecr:SetRepositoryPolicy",)),
)
"""Service Authorization Reference; IAM's "AWS services that work with IAM": resource-based policies."""


def detours(objects: Mapping[Address, Resource], actions: _Patterns, resources: _Patterns) -> Iterator[Detour]:
    """Of each role, to data that the requests are about."""
    wanted = [(one, places) for one in STORES_KNOWN if (places := _places(one, actions, resources))]
    world = World(objects)
    for address in objects if wanted else ():
        role = world.role(address) if address.type == ROLE else None
        if role is None:
            continue
        for store, places in wanted:
            written = witness_of(role, world.managed, store.writes, places)
            if written is not None:
                witness = _witness(role, world.managed, store, places, written, (actions, resources))
                yield Detour(STORES.id, Reach(address, witness))
                break


def _places(store: Store, actions: _Patterns, resources: _Patterns) -> _Patterns:
    """Stores that may hold what the requests are about; none where they aren't about such data."""
    service = parse(f"{store.service}:*", variables=False)
    if not any(meet(parse(one.lower(), variables=False), service) is not None for one in actions):
        return ()
    arn = parse(f"arn:*:{store.service}:*", variables=False)
    found = (one for one in resources if meet(parse(one, variables=False), arn) is not None)
    return tuple(dict.fromkeys(_store(store, one) for one in found))


def _store(store: Store, resource: str) -> str:
    fields = resource.split(":", 5)
    if not store.depth or len(fields) < 6:
        return resource
    parts = fields[5].split("/")
    kept = parts[: store.depth]
    # A star may take in what comes after the slash, too.
    return ":".join((*fields[:5], "/".join(kept)))


def _witness(
    role: Role,
    managed: Mapping[str, str],
    store: Store,
    places: _Patterns,
    written: Witness,
    asked: tuple[_Patterns, _Patterns],
) -> Witness:
    """Certain where it may on no condition, has no boundary, and denies itself nothing of that data."""
    held = None if role.boundary else unconditional(role, managed)
    sure = reaches(held, store.writes, places) if held is not None else None
    if held is not None and sure is not None and sure.certain:
        given = reaches(Principal((*held.identity, parsed(_GIVEN)), None), *asked)
        if given is not None and given.certain:
            return Witness(f"{sure.request}: itself, then {given.request}")
    note = written.note or "unless a boundary, a Deny or a condition keeps it out, or it lets another in"
    return Witness(f"{written.request}: whom it likes", certain=False, note=note)
