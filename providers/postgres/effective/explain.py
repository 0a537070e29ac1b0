"""Whether a role may do something in a database, and by which grant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from providers.postgres.effective.catalogue import Privilege
from providers.postgres.effective.privileges import effective, inherited
from providers.postgres.effective.surroundings import Surroundings
from providers.postgres.effective.world import World
from providers.postgres.keys import GrantKey
from providers.postgres.names import GRANT, role_text, split_name
from providers.postgres.privileges import ALL, KNOWN, SPELLINGS, Kind
from providers.postgres.settings import PostgresSettings
from providers.postgres.signature import BadSignature, split_signature
from reconciler.model import Answer, Deciding, Explanation, Resource
from reconciler.provider import Asking, RequestError

_NEWEST = 170000
"""Without a server: of the versions that are known, the one with all privileges."""
_HELP = "such as: SELECT public.orders, SELECT public.orders total, EXECUTE public.f(integer), USAGE schema public"
_KINDS = {kind.value: kind for kind in (Kind.TABLE, Kind.SEQUENCE, Kind.FUNCTION, Kind.SCHEMA, Kind.DATABASE)}
_BY_PRIVILEGE = {
    "EXECUTE": Kind.FUNCTION,
    "USAGE": Kind.SCHEMA,
    "CONNECT": Kind.DATABASE,
    "TEMPORARY": Kind.DATABASE,
    "CREATE": Kind.SCHEMA,
}
_EVERYBODY = frozenset({"EXECUTE", "CONNECT", "TEMPORARY"})
"""What the server gives PUBLIC unless somebody took it away."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    privilege: str
    key: GrantKey
    """Of the object or, with a column, of the column; of no role."""

    @property
    def whole(self) -> GrantKey:
        """The object without its column."""
        return self.key._replace(kind=Kind.TABLE, column="") if self.key.column else self.key

    @property
    def name(self) -> str:
        """As the catalogue names it."""
        return f"{self.key.name}({self.key.arguments})" if self.key.kind == Kind.FUNCTION else self.key.name


def explain(settings: PostgresSettings, asking: Asking) -> Explanation:
    """By the role's closure over memberships. Raises RequestError."""
    wanted = _request(asking.request, settings)
    if asking.subject not in asking.objects:
        return Explanation(Answer.NO, notes=("the role isn't there",))
    around = asking.surroundings if isinstance(asking.surroundings, Surroundings) else None
    world = World(asking.objects, (around or Surroundings(_NEWEST, settings.database)).beside(asking.objects))
    role = asking.subject.key
    roles = world.reached(role)
    catalogue = world.catalogue(roles, role)
    held = effective(catalogue, role)
    by = tuple(_grants(asking, wanted, inherited(catalogue, role)))
    direct = _holding(held, wanted)
    if any(one.reachable for one in direct):
        return Explanation(Answer.YES, by)
    for key in (wanted.whole, wanted.key):
        if around is not None and wanted.privilege in around.public.get(key, frozenset()):
            return _by_everybody(held, wanted, key)
    if direct:
        return Explanation(Answer.NO, by, (f"without USAGE on schema {wanted.key.schema} no statement can name it",))
    return Explanation(*_not_held(asking, wanted, world, held))


def _not_held(
    asking: Asking, wanted: _Wanted, world: World, held: frozenset[Privilege]
) -> tuple[Answer, tuple[Deciding, ...], tuple[str, ...]]:
    through = sorted({one.via for one in held if one.via and _is(one, wanted)})
    if through:
        return Answer.YES, (), (f"only after SET ROLE {', '.join(map(role_text, through))}",)
    notes = ["no grant gives it"]
    columns = sorted(
        one.column
        for one in held
        if (one.schema, one.name, one.privilege) == (wanted.key.schema, wanted.name, wanted.privilege) and one.column
    )
    if columns and not wanted.key.column:
        notes.append(f"only on columns {', '.join(columns)}: ask for one")
    if any(True for _ in world.depends(asking.subject.key)):
        return Answer.UNKNOWN, (), ("it owns something, or is named by something that isn't looked into",)
    if not asking.live and (wanted.privilege in _EVERYBODY or wanted.key.kind == Kind.SCHEMA):
        return Answer.UNKNOWN, (), (*notes, "what everybody (PUBLIC) may isn't known without --live")
    if not asking.live:
        notes.append("what everybody (PUBLIC) may isn't looked at without --live")
    return Answer.NO, (), tuple(notes)


def _by_everybody(held: frozenset[Privilege], wanted: _Wanted, key: GrantKey) -> Explanation:
    """PUBLIC has it; the schema has to be open too."""
    usage = Privilege(Kind.SCHEMA, "", wanted.key.schema, "", "USAGE")
    by = (Deciding(f"GRANT {wanted.privilege} ON {_shown(key)} TO PUBLIC", place="PUBLIC"),)
    if wanted.key.schema and usage not in held:
        return Explanation(Answer.NO, by, (f"without USAGE on schema {wanted.key.schema} no statement can name it",))
    return Explanation(Answer.YES, by)


def _holding(held: frozenset[Privilege], wanted: _Wanted) -> list[Privilege]:
    return [one for one in held if not one.via and _is(one, wanted)]


def _is(one: Privilege, wanted: _Wanted) -> bool:
    key = wanted.key
    whole = (str(wanted.whole.kind), key.schema, wanted.name, "")
    here = (one.kind, one.schema, one.name, one.column)
    named = here == whole or (bool(key.column) and here == (str(Kind.COLUMN), key.schema, key.name, key.column))
    return named and one.privilege == wanted.privilege and not one.grantable


def _grants(asking: Asking, wanted: _Wanted, roles: Iterable[str]) -> Iterator[Deciding]:
    """The grants that give it, to the role and to those whose privileges it uses."""
    chosen = set(roles)
    for address, one in sorted(asking.objects.items()):
        key = GrantKey.parse(address.key) if address.type == GRANT else None
        if key is None or key.role not in chosen or key._replace(role="") not in (wanted.key, wanted.whole):
            continue
        names = _privileges(one)
        if wanted.privilege in names or ALL in names:
            text = f"GRANT {', '.join(names)} ON {_shown(key)} TO {role_text(key.role)}"
            yield Deciding(text, address)


def _privileges(grant: Resource) -> list[str]:
    found = grant.attributes.get("privileges")
    return [str(one) for one in found] if isinstance(found, list | tuple) else []


def _shown(key: GrantKey) -> str:
    return f"{key.kind} {key.object}"


def _request(words: Sequence[str], settings: PostgresSettings) -> _Wanted:
    if len(words) < 2:
        raise RequestError("a request to PostgreSQL is a privilege and an object", _HELP)
    privilege = SPELLINGS.get(words[0].upper(), words[0].upper())
    rest = list(words[1:])
    given = _KINDS.get(rest[0].lower()) if len(rest) > 1 else None
    if given is not None:
        rest.pop(0)
    kind = given or _BY_PRIVILEGE.get(privilege, Kind.TABLE)
    if privilege not in KNOWN[kind]:
        raise RequestError(f"{words[0]!r} is no privilege on a {kind}", f"one of {', '.join(KNOWN[kind])}; {_HELP}")
    key = _object(kind, rest[0])
    if len(rest) > 2 or (len(rest) == 2 and (kind is not Kind.TABLE or privilege not in KNOWN[Kind.COLUMN])):
        raise RequestError(f"{' '.join(rest[1:])!r} says nothing here", _HELP)
    if len(rest) == 2:
        column = split_name(rest[1])
        if column is None or len(column) != 1:
            raise RequestError(f"{rest[1]!r} is no column", _HELP)
        key = key._replace(kind=Kind.COLUMN, column=column[0])
    if kind is Kind.DATABASE and key.name != settings.database:
        raise RequestError(f"{key.name} is another database", f"only {settings.database} is looked at")
    return _Wanted(privilege, key)


def _object(kind: Kind, text: str) -> GrantKey:
    name, arguments = text, ""
    if kind is Kind.FUNCTION:
        try:
            name, arguments = split_signature(text)
        except BadSignature as wrong:
            raise RequestError(f"{text!r} is no function: {wrong}", _HELP) from wrong
    parts = split_name(name)
    if parts is None or len(parts) != (1 if kind in (Kind.SCHEMA, Kind.DATABASE) else 2):
        raise RequestError(f"{text!r} is no {kind}", f"a schema and a name, {_HELP}")
    return GrantKey("", kind, parts[0] if len(parts) == 2 else "", parts[-1], "", arguments)
