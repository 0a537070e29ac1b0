"""Cases by hand, of conditions."""

from __future__ import annotations

from tests.providers.aws.effective.cases import IP, NOW, REGION, TEAM, Case, O
from tests.providers.aws.effective.helpers import deny, statement, when

CONDITIONS = [
    Case("condition added", [O], [when("StringEquals", TEAM, "a")], "narrows", "", "team is absent"),
    Case("condition removed", [when("StringEquals", TEAM, "a")], [O], "widens", "s3:GetObject", "team is absent"),
    Case(
        "key's case",
        [when("StringEquals", "AWS:sourceVPCE", "v")],
        [when("StringEquals", "aws:SourceVpce", "v")],
        "equal",
    ),
    Case("case of a tag's key", [when("StringEquals", TEAM, "a")], [when("StringEquals", TEAM.upper(), "a")], "equal"),
    Case(
        "two spellings of one key",
        [],
        [statement(Condition={"StringEquals": {TEAM: "a", "aws:PrincipalTag/Team": "b"}})],
        "equal",
    ),
    Case(
        "ignore case",
        [when("StringEquals", TEAM, "a")],
        [when("StringEqualsIgnoreCase", TEAM, "A")],
        "widens",
        "",
        "is A",
    ),
    Case("like without wildcard", [when("StringEquals", TEAM, "a")], [when("StringLike", TEAM, "a")], "equal"),
    Case("star in equals is literal", [when("StringEquals", TEAM, "*")], [when("StringLike", TEAM, "*")], "widens"),
    Case(
        "negated is true when absent",
        [when("StringLike", TEAM, "*")],
        [when("StringNotEquals", TEAM, "a")],
        "incomparable",
        "",
        "absent",
    ),
    Case(
        "not and not",
        [when("StringNotEquals", TEAM, "a")],
        [when("StringNotEquals", TEAM, "a", "b")],
        "narrows",
        "",
        "b",
    ),
    Case(
        "negated if exists", [when("StringNotEquals", TEAM, "a")], [when("StringNotEqualsIfExists", TEAM, "a")], "equal"
    ),
    Case("complements", [O], [when("StringEquals", TEAM, "a"), when("StringNotEquals", TEAM, "a")], "equal"),
    Case("null true", [O], [when("Null", TEAM, "true")], "narrows"),
    Case("null either way", [O], [when("Null", TEAM, "true"), when("Null", TEAM, "false")], "equal"),
    Case("null false is like star", [when("Null", TEAM, "false")], [when("StringLike", TEAM, "*")], "equal"),
    Case("null contradicts", [], [statement(Condition={"Null": {TEAM: "true"}, "StringLike": {TEAM: "*"}})], "equal"),
    Case(
        "bool both",
        [when("Null", "aws:SecureTransport", "false")],
        [when("Bool", "aws:SecureTransport", "true"), when("Bool", "aws:SecureTransport", "false")],
        "equal",
    ),
    Case(
        "bool to if exists",
        [when("Bool", "aws:MultiFactorAuthPresent", "true")],
        [when("BoolIfExists", "aws:MultiFactorAuthPresent", "true")],
        "widens",
        "",
        "absent",
    ),
    Case(
        "bool in another case",
        [when("Bool", "aws:SecureTransport", "true")],
        [when("Bool", "aws:SecureTransport", "TRUE")],
        "equal",
    ),
    Case(
        "number",
        [when("NumericLessThan", "s3:max-keys", "10")],
        [when("NumericLessThanEquals", "s3:max-keys", "10")],
        "widens",
        "",
        "max-keys is 10",
    ),
    Case(
        "numbers spelled apart",
        [when("NumericEquals", "s3:max-keys", "10")],
        [when("NumericEquals", "s3:max-keys", "10.0")],
        "equal",
    ),
    Case(
        "numbers cover",
        [when("Null", "s3:max-keys", "false")],
        [when("NumericLessThan", "s3:max-keys", "5"), when("NumericGreaterThanEquals", "s3:max-keys", "5")],
        "equal",
    ),
    Case(
        "number between",
        [],
        [statement(Condition={"NumericGreaterThan": {"s3:max-keys": "1"}, "NumericLessThan": {"s3:max-keys": "1"}})],
        "equal",
    ),
    Case(
        "dates in another zone",
        [when("DateLessThan", NOW, "2025-01-01T01:00:00+01:00")],
        [when("DateLessThan", NOW, "2025-01-01T00:00:00Z")],
        "equal",
    ),
    Case(
        "date as seconds", [when("DateLessThan", NOW, "1735689600")], [when("DateLessThan", NOW, "2025-01-01")], "equal"
    ),
    Case(
        "address and not",
        [when("IpAddress", IP, "10.0.0.0/8")],
        [statement(Condition={"IpAddress": {IP: "10.0.0.0/8"}, "NotIpAddress": {IP: "10.1.0.0/16"}})],
        "narrows",
        "",
        "10.1.0.0",
    ),
    Case(
        "IPv6",
        [when("IpAddress", IP, "2001:db8::/32")],
        [when("IpAddress", IP, "2001:db8::/33")],
        "narrows",
        "",
        "2001:db8:8000::",
    ),
    Case("not in a network", [when("NotIpAddress", IP, "10.0.0.0/8")], [O], "widens", "", "10.0.0.0"),
    Case(
        "arn parts",
        [when("ArnLike", "aws:SourceArn", "arn:aws:s3:*:*:b")],
        [when("StringLike", "aws:SourceArn", "arn:aws:s3:*:*:b")],
        "widens",
    ),
    Case(
        "arn equals is like",
        [when("ArnEquals", "aws:SourceArn", "arn:aws:sns:*:1:t*")],
        [when("ArnLike", "aws:SourceArn", "arn:aws:sns:*:1:t*")],
        "equal",
    ),
    Case("binary", [when("BinaryEquals", "k:b", "QQ==")], [when("BinaryEquals", "k:b", "QQ==", "Qg==")], "widens"),
    Case(
        "deny unless from here",
        [O],
        [O, deny("*", "*", Condition={"NotIpAddress": {IP: "10.0.0.0/8"}})],
        "narrows",
        "",
        "SourceIp",
    ),
    Case(
        "deny with if exists",
        [O, deny("*", "*", Condition={"StringNotEquals": {REGION: "eu-west-1"}})],
        [O, deny("*", "*", Condition={"StringNotEqualsIfExists": {REGION: "eu-west-1"}})],
        "equal",
    ),
    Case(
        "deny only if present",
        [O, deny("*", "*", Condition={"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}})],
        [O, deny("*", "*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "false"}})],
        "widens",
        "",
        "absent",
    ),
    Case("no values", [], [when("StringEquals", TEAM)], "equal"),
    Case(
        "two keys",
        [when("StringEquals", TEAM, "a")],
        [statement(Condition={"StringEquals": {TEAM: "a", REGION: "eu-west-1"}})],
        "narrows",
    ),
    Case(
        "or of two keys",
        [when("StringEquals", TEAM, "a"), when("StringEquals", REGION, "x")],
        [statement(Condition={"StringEquals": {TEAM: "a", REGION: "x"}})],
        "narrows",
    ),
]

TAGS = "aws:TagKeys"
SETS = [
    Case(
        "all values, absent",
        [when("ForAnyValue:StringEquals", TAGS, "a")],
        [when("ForAllValues:StringEquals", TAGS, "a")],
        "incomparable",
        "",
        "absent",
    ),
    Case(
        "all values, more",
        [when("ForAllValues:StringEquals", TAGS, "a")],
        [when("ForAllValues:StringEquals", TAGS, "a", "b")],
        "widens",
        "",
        "b",
    ),
    Case(
        "any value, fewer",
        [when("ForAnyValue:StringEquals", TAGS, "a", "b")],
        [when("ForAnyValue:StringEquals", TAGS, "a")],
        "narrows",
        "",
        "b",
    ),
    Case(
        "any value of two",
        [],
        [statement(Condition={"ForAnyValue:StringEquals": {TAGS: "a"}, "ForAnyValue:StringLike": {TAGS: "b"}})],
        "widens",
        "",
        "TagKeys holds",
    ),
    Case(
        "any within all",
        [],
        [statement(Condition={"ForAnyValue:StringEquals": {TAGS: "a"}, "ForAllValues:StringEquals": {TAGS: "b"}})],
        "equal",
    ),
    Case("none of them", [when("ForAllValues:StringNotEquals", TAGS, "a")], [O], "widens", "", "is a"),
    Case("some other", [when("ForAnyValue:StringNotEquals", TAGS, "a")], [O], "widens"),
    Case(
        "any is never true when absent",
        [when("ForAnyValue:StringEquals", TAGS, "a")],
        [when("ForAnyValue:StringEqualsIfExists", TAGS, "a")],
        "equal",
    ),
    Case(
        "an operator for one value in a deny",
        [O, deny(Condition={"ForAnyValue:StringEquals": {TAGS: "a"}})],
        [O, deny(Condition={"StringEquals": {TAGS: "a"}})],
        "may-widen",
    ),
    Case(
        "an operator for one value gets its quantifier",
        [when("StringEquals", "aws:CalledVia", "athena.amazonaws.com")],
        [when("ForAnyValue:StringEquals", "aws:CalledVia", "athena.amazonaws.com")],
        "may-widen",
    ),
    Case(
        "an operator for one value stays", [when("StringEquals", TAGS, "a")], [when("StringEquals", TAGS, "a")], "equal"
    ),
    Case(
        "an operator for one value goes",
        [O, deny(Condition={"ForAnyValue:StringEquals": {TAGS: "a"}})],
        [O, deny(Condition={"StringEquals": {TAGS: ["a", "b"]}})],
        "may-widen",
    ),
    Case("null of a key with several", [when("Null", TAGS, "true")], [O], "widens"),
    Case(
        "all of one value",
        [when("ForAllValues:StringEquals", TEAM, "a")],
        [when("StringEqualsIfExists", TEAM, "a")],
        "equal",
    ),
    Case(
        "two values of a key that has one",
        [],
        [statement(Condition={"ForAnyValue:StringEquals": {TEAM: "a"}, "ForAnyValue:StringLike": {TEAM: "b"}})],
        "equal",
    ),
    Case(
        "all or some other",
        [O],
        [when("ForAllValues:StringEquals", TAGS, "a"), when("ForAnyValue:StringNotEquals", TAGS, "a")],
        "equal",
    ),
]

UNMODELLED = [
    Case(
        "unknown operator stays",
        [when("Moon", "k:a", "x")],
        [when("Moon", "k:a", "x"), statement("s3:PutObject")],
        "widens",
        "s3:PutObject",
    ),
    Case("unknown operator goes", [when("Moon", "k:a", "x")], [O], "may-widen", "s3:GetObject", "does not hold"),
    Case("unknown operator comes", [], [when("Moon", "k:a", "x")], "may-widen", "s3:GetObject", "holds"),
    Case("unknown in a deny", [O], [O, deny(Condition={"Moon": {"k:a": "x"}})], "narrows"),
    Case("unknown deny goes", [O, deny(Condition={"Moon": {"k:a": "x"}})], [O], "may-widen"),
    Case(
        "an unknown and a certain gain",
        [O],
        [O, when("Moon", "k:a", "x", resource="*"), statement("s3:PutObject")],
        "widens",
        "s3:PutObject",
    ),
    Case(
        "not a number", [when("NumericEquals", "k:n", "ten")], [when("NumericEquals", "k:n", "ten", "11")], "may-widen"
    ),
    Case("not a network", [when("IpAddress", IP, "somewhere")], [O], "may-widen"),
    Case(
        "kinds that don't mix",
        [statement(Condition={"NumericEquals": {"k:n": "1"}, "StringEquals": {"k:n": "1"}})],
        [O],
        "may-widen",
    ),
    Case("not an ARN", [when("ArnLike", "aws:SourceArn", "*")], [when("ArnLike", "aws:SourceArn", "*")], "equal"),
    Case("other order of values", [when("Moon", "k:a", "x", "y")], [when("Moon", "K:a", "y", "x")], "equal"),
]
