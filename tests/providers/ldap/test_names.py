"""DNs, filters, notes and moments: one form each, and no value that breaks out of its place."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.ldap.dn import BadDn, below, escaped, is_under, name_of, normal, parent_of, parse
from providers.ldap.filters import GROUPS, equals, quoted
from providers.ldap.keys import MembershipKey, by_uid, by_value, is_dn
from providers.ldap.moments import NoMoment, is_over, moment, written
from providers.ldap.notes import note, note_text

BASE = "ou=groups,dc=example,dc=com"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CN=Wiki  Editors , OU=Groups,DC=Example,DC=COM", "cn=wiki editors,ou=groups,dc=example,dc=com"),
        ("2.5.4.3=a,oid.0.9.2342.19200300.100.1.25=b,commonName=c", "cn=a,dc=b,cn=c"),
        ("uid=b+cn=a,dc=x", "cn=a+uid=b,dc=x"),
        (r"cn=Doe\, Jane,dc=x", r"cn=doe\, jane,dc=x"),
        (r"cn=Doe\2c Jane,dc=x", r"cn=doe\, jane,dc=x"),
        (r"cn=\20padded\20,dc=x", "cn=padded,dc=x"),
        (r"cn=a\=b=c,dc=x", "cn=a=b=c,dc=x"),
        (r"cn=L\c3\bc,dc=x", "cn=lü,dc=x"),
        ("cn=ﬁne,dc=x", "cn=fine,dc=x"),
        (r"cn=a\0ab,dc=x", "cn=a b,dc=x"),
        (r"cn=a\00b,dc=x", r"cn=a\00b,dc=x"),
        (r"cn=\#1,dc=x", r"cn=\#1,dc=x"),
        ("cn=#04024869,dc=x", r"cn=\#04024869,dc=x"),
        ("", ""),
        ("  ", ""),
    ],
)
def test_two_ways_to_write_a_dn_are_one(text: str, expected: str) -> None:
    assert normal(text) == expected
    assert normal(expected) == expected


@pytest.mark.parametrize(
    "text", ["cn", "cn=a,", ",cn=a", "cn=a;dc=b", 'cn="a",dc=x', "cn=a\\", r"cn=\zz", r"cn=\ff,dc=x", "=a", "cn=a<b"]
)
def test_what_is_no_dn_is_refused(text: str) -> None:
    with pytest.raises(BadDn):
        normal(text)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_no_value_adds_an_rdn(value: str) -> None:
    dn = below("cn", value, BASE)
    assert len(parse(dn)) == 4
    assert (parent_of(dn), normal(dn)) == (BASE, dn)
    assert is_under(dn, BASE)
    assert name_of(dn) == parse(f"cn={escaped(value)}")[0][0][1]
    assert dn.isprintable()
    assert ">" not in dn.replace("\\>", "")


@given(st.text(), st.text(), st.booleans())
def test_a_key_names_one_member_and_one_group(member: str, group: str, posix: bool) -> None:
    key = MembershipKey(by_uid(member) if posix else by_value(member) or "cn=x", below("cn", group, BASE))
    assert MembershipKey.parse(str(key)) == key
    assert not (posix and is_dn(key.member))
    assert "\n" not in str(key)


def test_a_subtree_is_told_by_whole_rdns() -> None:
    assert is_under("cn=a,ou=groups,dc=example,dc=com", BASE)
    assert not is_under("ou=xgroups,dc=example,dc=com", "ou=groups,dc=example,dc=com")
    assert not is_under(r"cn=a\,ou=groups\,dc=example\,dc=com", BASE)
    assert not is_under(BASE, BASE)


@given(st.text())
def test_no_value_breaks_out_of_a_filter(value: str) -> None:
    found = quoted(value)
    assert not set("()*\0") & set(found)
    assert found.isascii()
    plain = found.encode().decode("unicode_escape") if "\\" not in found else None
    assert plain is None or plain == value


def test_a_filter_is_escaped_as_rfc_4515_says() -> None:
    assert equals("cn", r"Parens R Us (for all * people) \ ü") == (
        r"(cn=Parens R Us \28for all \2a people\29 \5c \c3\bc)"
    )
    assert GROUPS == "(|(objectClass=groupofnames)(objectClass=groupofuniquenames)(objectClass=posixgroup))"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2027-03-31", "2027-04-01T00:00:00Z"),
        ("2027-03-31T18:00:00Z", "2027-03-31T18:00:00Z"),
        ("2027-03-31t18:00:00.999z", "2027-03-31T18:00:00Z"),
        ("2027-03-31T18:00+02:00", "2027-03-31T16:00:00Z"),
    ],
)
def test_an_end_is_a_moment_in_utc(text: str, expected: str) -> None:
    assert written(moment(text)) == expected


@pytest.mark.parametrize("text", ["", "never", "2027-02-30", "2027-03-31 18:00", "2027-03-31T18:00:00", "9999-12-31"])
def test_what_says_no_moment_is_refused(text: str) -> None:
    with pytest.raises(NoMoment):
        moment(text)


def test_an_end_is_over_from_its_moment_on() -> None:
    end = datetime(2027, 4, 1, tzinfo=UTC)
    assert is_over("2027-04-01T00:00:00Z", end)
    assert not is_over("2027-04-01T00:00:01Z", end)
    assert not is_over("", end)


def test_a_note_is_read_as_it_is_written_and_as_somebody_might_write_it() -> None:
    member = r"uid=a\; b,ou=agents,dc=x"
    ours = note(note_text("2027-04-01T00:00:00Z", member))
    assert ours is not None
    assert (ours.until, ours.member) == ("2027-04-01T00:00:00Z", member)
    by_hand = note(" Expires = 2027-03-31 ;member= jane ")
    assert by_hand is not None
    assert (by_hand.until, by_hand.member) == ("2027-04-01T00:00:00Z", "jane")


@pytest.mark.parametrize("text", ["editors", "expires=soon; member=jane", "expires=2027-03-31", "member=jane"])
def test_what_is_no_note_is_a_description(text: str) -> None:
    assert note(text) is None
