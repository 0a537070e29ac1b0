"""What specs may say, and what a guardrail meets."""

from __future__ import annotations

import time
from typing import Any

import pytest
from pydantic import ValidationError

from providers.postgres.access import PostgresAccess, PostgresNever
from providers.postgres.connection import PostgresConnection
from providers.postgres.names import split_name
from providers.postgres.overlap import overlap
from providers.postgres.privileges import KNOWN, Kind
from providers.postgres.settings import PostgresSettings
from providers.postgres.signature import BadSignature, normal_arguments
from providers.postgres.widths import wide
from specs.glob import matches

TABLE = {"tables": ["public.orders"]}


def refusal(model: Any, value: Any) -> tuple[str, str, str]:
    with pytest.raises(ValidationError) as raised:
        model.model_validate(value)
    found = raised.value.errors()[0]
    context = found.get("ctx", {})
    return found["type"], context.get("message", found["msg"]), context.get("help", "")


@pytest.mark.parametrize(
    ("grant", "code", "says"),
    [
        ({"privileges": ["SELCT"], **TABLE}, "W413", "did you mean SELECT?"),
        ({"privileges": ["USAGE"], **TABLE}, "W413", "unknown privilege 'USAGE' for a table"),
        ({"privileges": ["DELETE"], **TABLE, "columns": ["id"]}, "W413", "for a column"),
        ({"privileges": ["SELECT WITH GRANT OPTION"], **TABLE}, "W413", "unknown privilege"),
        ({"privileges": ["SELECT, DELETE ON x TO y; --"], **TABLE}, "W413", "unknown privilege"),
        ({"privileges": ["CREATE"], "schemas": ["public"]}, "W415", "CREATE on a schema is refused"),
        ({"privileges": ["ALL"], "schemas": ["public"]}, "W415", "ALL, which includes CREATE,"),
        ({"privileges": ["CREATE"], "database": "true"}, "W415", "CREATE on a database is refused"),
        ({"privileges": ["ALL"], "database": "true"}, "W415", "can't be dropped"),
        ({"privileges": ["SELECT"], "tables": ["orders"]}, "W411", "must be schema.name"),
        ({"privileges": ["SELECT"], "tables": ["a.b.c"]}, "W411", "must be schema.name"),
        ({"privileges": ["SELECT"], "tables": ["public.*"]}, "W412", "name each one"),
        ({"privileges": ["SELECT"], "tables": ["*"]}, "W412", "wildcard"),
        ({"privileges": ["SELECT"], "tables": ["public.Orders"]}, "W411", "write public.orders, or 'public."),
        ({"privileges": ["SELECT"], "tables": ['public.orders"; DROP']}, "W411", "must be schema.name"),
        ({"privileges": ["SELECT"], "tables": ["public.orders; DROP TABLE x"]}, "W411", "is not a plain name"),
        ({"privileges": ["SELECT"], "tables": ['public."a\0b"']}, "W411", "invalid character"),
        ({"privileges": ["SELECT"], "tables": ['public."a\nb"']}, "W411", "invalid character"),
        ({"privileges": ["SELECT"], "tables": ["public." + "ö" * 32]}, "W411", "is not a plain name"),
        ({"privileges": ["SELECT"], "tables": ['public."' + "ö" * 32 + '"']}, "W411", "64 bytes, the server keeps 63"),
        ({"privileges": ["SELECT"], "tables": ["public." + "a" * 64]}, "W411", "64 bytes"),
        ({"privileges": ["SELECT"], "tables": ["pg_catalog.pg_authid"]}, "W411", "the server's own"),
        ({"privileges": ["SELECT"], "tables": ["information_schema.tables"]}, "W411", "the server's own"),
        ({"privileges": ["EXECUTE"], "functions": ["pg_catalog.pg_read_file(text)"]}, "W411", "the server's own"),
        ({"privileges": ["EXECUTE"], "functions": ["public.f"]}, "W411", "needs its argument types"),
        ({"privileges": ["EXECUTE"], "functions": ["public.f(a integer)"]}, "W411", "without the arguments' names"),
        ({"privileges": ["EXECUTE"], "functions": ["public.f(public.Mood)"]}, "W411", 'write mood, or "Mood"'),
        ({"privileges": ["EXECUTE"], "functions": ["public.f(int,)"]}, "W411", "argument's type is missing"),
        ({"privileges": ["EXECUTE"], "functions": ["public.f(" + "int, " * 2000 + "int)"]}, "W411", "over 4096"),
        ({"privileges": ["EXECUTE"], "functions": ["public.f(int; x)"]}, "W411", "is not a type"),
        ({"privileges": ["SELECT"]}, "W414", "got none"),
        ({"privileges": ["SELECT"], **TABLE, "sequences": ["public.s"]}, "W414", "both tables and sequences"),
        ({"privileges": ["SELECT"], "columns": ["id"]}, "W414", "got none"),
        ({"privileges": ["USAGE"], "schemas": ["a"], "columns": ["id"]}, "W414", "columns without tables"),
        ({"privileges": ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"], **TABLE},
            "W416", "all that servers before PostgreSQL 17 know"),
        ({"privileges": [], **TABLE}, "too_short", "at least 1"),
        ({"privilege": ["SELECT"], **TABLE}, "missing", ""),
    ],
)  # fmt: skip
def test_what_is_refused(grant: dict[str, Any], code: str, says: str) -> None:
    found = refusal(PostgresAccess, {"grants": [grant]})
    assert found[0] == code
    assert says in found[1] + found[2]


def test_an_error_points_at_the_value_that_is_to_blame() -> None:
    cases: list[tuple[Any, Any, tuple[str | int, ...]]] = [
        (PostgresAccess, {"grants": [{"privileges": ["SELECT", "SELCT"], **TABLE}]}, ("grants", 0, "privileges", 1)),
        (PostgresNever, {"privileges": ["EXECUTE"], "tables": ["*"]}, ("privileges", 0)),
        (PostgresSettings, {"database": "o", "minter": "writ_minter"}, ("minter",)),
    ]
    for model, value, path in cases:
        with pytest.raises(ValidationError) as raised:
            model.model_validate(value)
        assert raised.value.errors()[0]["loc"] == path


@pytest.mark.parametrize(
    ("grant", "widths"),
    [
        ({"privileges": ["SELECT"], **TABLE}, []),
        ({"privileges": ["ALL"], **TABLE}, ["all-privileges", "whole-table-write", "truncate"]),
        ({"privileges": sorted(KNOWN[Kind.TABLE]), **TABLE},
            ["all-privileges", "whole-table-write", "truncate", "whole-table-write"]),
        ({"privileges": ["USAGE", "SELECT", "UPDATE"], "sequences": ["public.s"]}, ["all-privileges"]),
        ({"privileges": ["USAGE", "SELECT"], "sequences": ["public.s"]}, []),
        ({"privileges": ["EXECUTE"], "functions": ["public.f()"]}, []),
        ({"privileges": ["SELECT", "INSERT", "UPDATE", "REFERENCES"], **TABLE, "columns": ["id"]}, ["all-privileges"]),
    ],
)  # fmt: skip
def test_all_by_name_is_all(grant: dict[str, Any], widths: list[str]) -> None:
    found = [one.width for one in wide(PostgresAccess.model_validate({"grants": [grant]}))]
    assert sorted(found) == sorted(widths)


def test_all_in_several_grants_is_all() -> None:
    every = sorted(KNOWN[Kind.TABLE])
    grants = [{"privileges": every[:3], **TABLE}, {"privileges": every[3:], **TABLE}]
    found = [one for one in wide(PostgresAccess.model_validate({"grants": grants})) if one.width == "all-privileges"]
    assert [one.path[1] for one in found] == [1]
    columns = [{"privileges": [name], **TABLE, "columns": [name.lower()]} for name in KNOWN[Kind.COLUMN]]
    assert "all-privileges" not in {one.width for one in wide(PostgresAccess.model_validate({"grants": columns}))}


def test_no_grants_is_refused() -> None:
    assert refusal(PostgresAccess, {"grants": []})[0] == "too_short"


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({}, "missing"),
        ({"database": ""}, "W410"),
        ({"database": "a\0b"}, "W410"),
        ({"database": "x" * 64}, "W410"),
        ({"database": "o", "role_prefix": ""}, "W410"),
        ({"database": "o", "role_prefix": "pg_"}, "W410"),
        ({"database": "o", "role_prefix": "p"}, "W410"),
        ({"database": "o", "role_prefix": "postgres"}, "W410"),
        ({"database": "o", "role_prefix": 'w"'}, "W410"),
        ({"database": "o", "role_prefix": "w';--"}, "W410"),
        ({"database": "o", "role_prefix": "w" * 33}, "W410"),
        ({"database": "o", "credentials": {"mount": "database"}}, "W410"),
        ({"database": "o", "minter": "writ_minter"}, "W410"),
        ({"database": "o", "minter": "pg_monitor"}, "W410"),
        ({"database": "o", "rolprefix": "x_"}, "extra_forbidden"),
    ],
)
def test_settings_that_are_refused(settings: dict[str, Any], code: str) -> None:
    assert refusal(PostgresSettings, settings)[0] == code


def test_passwords_are_refused_in_connections() -> None:
    code, message, way_out = refusal(PostgresConnection, {"host": "db", "password": "hunter2"})
    assert (code, "hunter2" in message + way_out) == ("W714", False)
    assert "passfile, PGPASSWORD, password_env" in way_out
    assert refusal(PostgresConnection, {"sslmode": "verify_full"})[0] == "W715"
    assert PostgresConnection.model_validate({"port": "5433", "host": "db"}).parameters() == {
        "host": "db",
        "port": "5433",
    }


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("int, text", "integer,text"),
        ("int4,int8 , bool", "integer,bigint,boolean"),
        ("varchar, char", "character varying,character"),
        ("timestamptz[]", "timestamp with time zone[]"),
        ("pg_catalog.int4", "integer"),
        ("double  precision", "double precision"),
        ('public.mood, "Odd"."Type"[]', 'public.mood,"Odd"."Type"[]'),
        ('"char"', '"char"'),
        ("INTEGER, varchar(10), numeric(10, 2)", "integer,character varying,numeric"),
        ("VARIADIC text[], int[][], int[3], _int4", "text[],integer[],integer[],integer[]"),
        ("timestamp(3) with time zone", "timestamp with time zone"),
        ('"a,b"."T (1)"[], text', '"a,b"."T (1)"[],text'),
        ("", ""),
    ],
)
def test_types_in_the_servers_words(written: str, normal: str) -> None:
    assert normal_arguments(written) == normal
    assert normal_arguments(normal) == normal


@pytest.mark.parametrize("text", ["int;", "a.b.c", "'x'", "int--", "mood)"])
def test_what_is_no_type(text: str) -> None:
    with pytest.raises(BadSignature):
        normal_arguments(text)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("public.orders", ("public", "orders")),
        ('"a.b"."c""d"', ("a.b", 'c"d')),
        ("", None),
        ("a..b", None),
        ('"a', None),
        ('"a"b', None),
        ("a.", None),
        ('a"b', None),
    ],
)
def test_dotted_names(text: str, parts: tuple[str, ...] | None) -> None:
    assert split_name(text) == parts


def access(**grant: Any) -> PostgresAccess:
    return PostgresAccess.model_validate({"grants": [grant]})


SELECT = {"privileges": ["SELECT"], "tables": ["public.orders"]}
COLUMNS = {"privileges": ["SELECT"], "tables": ["public.orders"], "columns": ["id", "name"]}
EXECUTE = {"privileges": ["EXECUTE"], "functions": ["public.refund(int)"]}


@pytest.mark.parametrize(
    ("grant", "never", "witness"),
    [
        (SELECT, {"privileges": ["DELETE", "TRUNCATE"], "tables": ["*"]}, None),
        (SELECT, {"tables": ["*"]}, "SELECT on table public.orders"),
        (SELECT, {"tables": ["public.*"]}, "SELECT on table public.orders"),
        (SELECT, {"tables": ["PUBLIC.ORD*"]}, "SELECT on table public.orders"),
        (SELECT, {"tables": ['"public"."orders"']}, "SELECT on table public.orders"),
        (SELECT, {"tables": ["public.order"]}, None),
        (SELECT, {"tables": ["public.order_items", "sales.*"]}, None),
        ({**SELECT, "privileges": ["ALL"]}, {"privileges": ["MAINTAIN"], "tables": ["*"]},
            "MAINTAIN on table public.orders"),
        ({**SELECT, "privileges": ["ALL"]}, {"privileges": ["DELETE"], "tables": ["*.orders"]},
            "DELETE on table public.orders"),
        (SELECT, {"tables": ["public.orders"], "columns": ["email"]}, "SELECT on table public.orders"),
        (COLUMNS, {"tables": ["public.orders"], "columns": ["email"]}, None),
        (COLUMNS, {"tables": ["public.orders"], "columns": ["na*"]}, "SELECT on table public.orders, column name"),
        (COLUMNS, {"tables": ["public.orders"]}, "SELECT on table public.orders, column id"),
        (COLUMNS, {"privileges": ["UPDATE"], "tables": ["*"]}, None),
        (SELECT, {"sequences": ["*"], "functions": ["*"]}, None),
        (SELECT, {"schemas": ["public"]}, "USAGE on schema public"),
        (SELECT, {"schemas": ["sales"]}, None),
        (SELECT, {"database": "true"}, "CONNECT on the database"),
        (SELECT, {"privileges": ["TEMP"], "database": "true"}, None),
        ({"privileges": ["TEMPORARY"], "database": "true"}, {"privileges": ["TEMP"], "database": "true"},
            "TEMPORARY on the database"),
        ({"privileges": ["USAGE"], "sequences": ["public.s"]}, {"sequences": ["public.s"]},
            "USAGE on sequence public.s"),
        (EXECUTE, {"functions": ["public.refund"]}, "EXECUTE on function public.refund(integer)"),
        (EXECUTE, {"functions": ["public.refund(int4)"]}, "EXECUTE on function public.refund(integer)"),
        (EXECUTE, {"functions": ["public.refund(text)"]}, None),
        (EXECUTE, {"functions": ["public.ref*(*"]}, "EXECUTE on function public.refund(integer)"),
        ({**SELECT, "tables": ['public."Order Items"']}, {"tables": ["public.order*"]},
            'SELECT on table public."Order Items"'),
        ({**SELECT, "tables": ['"a.b"."c"']}, {"tables": ['"a.b".c']}, 'SELECT on table "a.b".c'),
    ],
)  # fmt: skip
def test_what_a_guardrail_meets(grant: dict[str, Any], never: dict[str, Any], witness: str | None) -> None:
    assert overlap(access(**grant), PostgresNever.model_validate(never)) == witness


@pytest.mark.parametrize(
    ("function", "pattern", "reached"),
    [
        ("refund(public.mood)", "refund(mood)", True),
        ("refund(public.mood)", "refund(public.mood)", True),
        ("refund(public.mood)", "refund(sales.mood)", False),
        ("f(text[])", "f(_text)", True),
        ("f(text[])", "f(TEXT ARRAY)", True),
        ("f(text)", "f(_text)", False),
        ("refund(text)", "refund(amount text)", True),
        ("refund(int)", "refund(text)", False),
        ("refund(int, public.mood, int)", "refund(integer, mood, int4)", True),
        ("refund(int, public.mood, text)", "refund(integer, mood, int4)", False),
        ("refund(numeric)", "refund(numeric(10,2))", True),
        ("refund(int)", "ref*", True),
        ("refund(int)", "ref*(*)", True),
        ('"we(ird)"(int)', '"we(ird)"', True),
        ('"we(ird)"(int)', '"we(ird)"(int)', True),
        ("refund(int)", '"we(ird)"', False),
    ],
)
def test_functions_that_a_guardrail_reaches(function: str, pattern: str, reached: bool) -> None:
    asked = access(privileges=["EXECUTE"], functions=[f"public.{function}"])
    never = PostgresNever.model_validate({"functions": [f"public.{pattern}"]})
    assert bool(overlap(asked, never)) is reached


def test_a_pattern_of_many_stars_is_judged_at_once() -> None:
    long = access(privileges=["SELECT"], tables=["public." + "a" * 60])
    never = PostgresNever.model_validate({"tables": ["*a" * 20 + "*b", "*a" * 20 + "*"]})
    started = time.monotonic()
    assert overlap(long, never) == "SELECT on table public." + "a" * 60
    assert time.monotonic() - started < 1


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("", "", True), ("", "a", False), ("*", "", True), ("a*a", "a", False), ("a*a", "aa", True),
        ("*b*", "abc", True), ("*ab*ab", "abab", True), ("*ab*ab", "ab", False), ("a**c", "abc", True),
        ("*a*b*c", "aXbXc", True), ("*a*b*c", "bac", False),
    ],
)  # fmt: skip
def test_stars(pattern: str, text: str, fits: bool) -> None:
    assert matches(pattern, text) is fits


@pytest.mark.parametrize(
    ("never", "code"),
    [
        ({"privileges": ["DELETE"]}, "W414"),
        ({"columns": ["id"], "sequences": ["*"]}, "W414"),
        ({"privileges": ["EXECUTE"], "tables": ["*"]}, "W413"),
        ({"tables": [""]}, "W411"),
        ({"tables": ["orders"]}, "W411"),
        ({"tables": ["public.orders "]}, "W411"),
        ({"tables": ["public. orders"]}, "W411"),
        ({"tables": ["public.order?"]}, "W411"),
        ({"tables": ["a.b.c"]}, "W411"),
        ({"tables": ["public."]}, "W411"),
        ({"tables": ["public.Order Items"]}, "W411"),
        ({"tables": ['public."orders']}, "W411"),
        ({"tables": ["public." + "a" * 64]}, "W411"),
        ({"tables": ["*"], "columns": ["orders.email"]}, "W411"),
        ({"schemas": ["public.*"]}, "W411"),
        ({"functions": ["refund"]}, "W411"),
        ({"functions": ["refund(integer)"]}, "W411"),
    ],
)
def test_guardrails_that_are_refused(never: dict[str, Any], code: str) -> None:
    assert refusal(PostgresNever, never)[0] == code
