"""Names, keys and patterns: what goes in comes out, and nothing in them becomes a statement."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.mysql.globs import meet, of_like
from providers.mysql.keys import GrantKey, MembershipKey, normal
from providers.mysql.names import Account, database_of, ident, literal_database, quoted, split_name
from providers.mysql.privileges import Kind, of_bits, of_column, of_set
from reconciler.provider import Rejected

NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=12)
SHORT = st.text("ab*?", max_size=6)


@given(NAMES)
def test_an_identifier_is_ended_by_nothing_in_it(name: str) -> None:
    inner = ident(name)[1:-1]
    assert inner.replace("``", "").count("`") == 0
    assert inner.replace("``", "`") == name


@pytest.mark.parametrize("name", ["", "a\0b"])
def test_what_no_identifier_can_hold_is_refused(name: str) -> None:
    with pytest.raises(Rejected):
        ident(name)


@given(st.lists(NAMES, min_size=1, max_size=3))
def test_dotted_names_are_split_as_they_were_joined(parts: list[str]) -> None:
    assert split_name(".".join(quoted(part) for part in parts)) == tuple(parts)


@given(NAMES, st.sampled_from(list(Kind)), NAMES, NAMES, NAMES)
def test_keys_of_grants_are_reversible(role: str, kind: Kind, database: str, name: str, column: str) -> None:
    wanted = {Kind.GLOBAL: (), Kind.DATABASE: (database,), Kind.DATABASES: (database,)}.get(kind, (database, name))
    key = normal(role, kind, *wanted, **({"column": column} if kind is Kind.COLUMN else {}))
    assert GrantKey.parse(str(key)) == key
    assert GrantKey.of_object("", key.everybodys) == key._replace(role="")


@given(NAMES, st.one_of(st.just(""), NAMES), NAMES)
def test_keys_of_memberships_are_reversible(user: str, host: str, role: str) -> None:
    key = MembershipKey(Account(user, host), role)
    assert MembershipKey.parse(str(key)) == key


@pytest.mark.parametrize(
    "text", ["", "a", "a:table", "a:table:b", "a:global:x", "a:planet:b.c", "a->", "->b", "a:column:b.c"]
)
def test_what_is_no_key_is_none(text: str) -> None:
    assert GrantKey.parse(text) is None
    assert MembershipKey.parse(text) is None


@given(NAMES)
def test_a_databases_name_is_no_pattern(name: str) -> None:
    assert database_of(literal_database(name)) == name


@pytest.mark.parametrize("pattern", ["shop_eu", "shop%", "%", "a\\__", "\\\\_"])
def test_a_pattern_is_no_databases_name(pattern: str) -> None:
    assert database_of(pattern) is None


def _fits(pattern: str, text: str) -> bool:
    if not pattern:
        return not text
    if pattern[0] == "*":
        return _fits(pattern[1:], text) or (bool(text) and _fits(pattern, text[1:]))
    return bool(text) and (pattern[0] in ("?", text[0])) and _fits(pattern[1:], text[1:])


WORDS = [a + b + c for a in ("", "a", "b", "aa", "ab", "ba") for b in ("", "a", "b") for c in ("", "b", "ab")]


@given(SHORT, SHORT)
def test_patterns_that_a_word_fits_meet(one: str, other: str) -> None:
    if any(_fits(one, word) and _fits(other, word) for word in WORDS):
        assert meet(one, other)
    if not set(one) & set("*?"):
        assert meet(one, other) is _fits(other, one)


def test_patterns_of_the_catalogue_are_read() -> None:
    assert of_like("shop\\_%a_") == "shop_*a?"
    assert meet(of_like("shop\\_eu"), "shop_eu")
    assert not meet(of_like("shop\\_eu"), "shopxeu")


def test_privileges_of_the_catalogue_are_read() -> None:
    assert of_set("Select,Show view,Delete versioning rows,Grant") == {"SELECT", "SHOW VIEW", "DELETE HISTORY", "GRANT"}
    assert of_column("Create_tmp_table_priv") == "CREATE TEMPORARY TABLES"
    assert of_bits(512 | 1 << 32) == {"FILE", "CONNECTION ADMIN"}
    assert of_bits(1 << 60) == {"BIT 60"}
