"""Cases by hand, of statements, actions and resources."""

from __future__ import annotations

from typing import Any, NamedTuple

from providers.aws.effective.catalogue import catalogue
from tests.providers.aws.effective.helpers import deny, statement, when

TEAM, REGION, IP, NOW = "aws:PrincipalTag/team", "aws:RequestedRegion", "aws:SourceIp", "aws:CurrentTime"
HOME = "home/${aws:username}/*"
TEAMS = "t/${aws:PrincipalTag/team, 'company-wide'}"
O = statement()  # noqa: E741
EVERY_S3 = [name for name in catalogue().names if name.startswith("s3:")]


class Case(NamedTuple):
    """Statements before and after; ``shows`` is in the first witness (gains first), ``note`` in its note."""

    what: str
    old: list[dict[str, Any]]
    new: list[dict[str, Any]]
    verdict: str
    shows: str = ""
    note: str = ""


KNOWN = [
    Case("case of actions", [O], [statement("S3:GETOBJECT")], "equal"),
    Case("future", [statement("s3:?etObject")], [statement("s3:*etObject")], "widens", "s3:", "does not know"),
    Case(
        "NotAction shrinks",
        [statement(NotAction=["iam:*", "s3:*"], Resource="*")],
        [statement(NotAction=["iam:*"], Resource="*")],
        "widens",
        "s3:AbortMultipartUpload on",
    ),
    Case("deny inside", [O], [O, deny("s3:*", "orders/secret/*")], "narrows", "s3:GetObject on orders/secret/"),
    Case("deny elsewhere", [O], [O, deny("s3:*", "other/*")], "equal"),
    Case("split pattern", [statement(resource=["orders/", "orders/?*"])], [O], "equal"),
    Case(
        "under a deny",
        [O, deny(resource="pay/*")],
        [O, statement(resource="pay/*"), deny(resource="pay/*")],
        "equal",
    ),
    Case("case of resources", [O], [statement(resource="Orders/*")], "incomparable", "on Orders/"),
    Case("a value more", [when("StringEquals", TEAM, "a")], [when("StringEquals", TEAM, "a", "b")], "widens", "", "b"),
    Case(
        "values to pattern",
        [when("StringEquals", TEAM, "dev-a", "dev-b")],
        [when("StringLike", TEAM, "dev-*")],
        "widens",
        "",
        "team is dev-",
    ),
    Case(
        "smaller network",
        [when("IpAddress", IP, "10.0.0.0/8")],
        [when("IpAddress", IP, "10.1.0.0/16")],
        "narrows",
        "",
        "when aws:SourceIp is 10.0.0.0",
    ),
    Case(
        "network in halves",
        [when("IpAddress", IP, "10.0.0.0/8")],
        [when("IpAddress", IP, "10.0.0.0/9", "10.128.0.0/9")],
        "equal",
    ),
    Case(
        "if exists",
        [when("StringEquals", REGION, "eu-west-1")],
        [when("StringEqualsIfExists", REGION, "eu-west-1")],
        "widens",
        "",
        "when aws:RequestedRegion is absent",
    ),
    Case("later end", [when("DateLessThan", NOW, "2025")], [when("DateLessThan", NOW, "2026")], "widens", "", "2025-"),
    Case(
        "contradiction",
        [],
        [statement(Condition={"StringEquals": {TEAM: "a"}, "StringNotEquals": {TEAM: "a"}})],
        "equal",
    ),
]

SHAPES = [
    Case("nothing to something", [], [O], "widens", "s3:GetObject on orders/x"),
    Case("something to nothing", [O], [], "narrows", "s3:GetObject on orders/x"),
    Case("order of statements", [O, statement("s3:ListBucket", "b")], [statement("s3:ListBucket", "b"), O], "equal"),
    Case("a statement twice", [O], [O, O], "equal"),
    Case("one action less", [statement(["s3:GetObject", "s3:PutObject"])], [O], "narrows", "s3:PutObject on"),
    Case("one action more", [O], [statement(["s3:GetObject", "s3:PutObject"])], "widens", "s3:PutObject on orders/x"),
    Case("merged", [statement("s3:PutObject"), O], [statement(["s3:GetObject", "s3:PutObject"])], "equal"),
    Case(
        "crosswise",
        [O, statement("s3:PutObject", "pay/*")],
        [statement(["s3:GetObject", "s3:PutObject"], ["orders/*", "pay/*"])],
        "widens",
    ),
    Case("swap of actions", [O], [statement("s3:PutObject")], "incomparable", "s3:PutObject"),
    Case("all of a service, by name", [statement(EVERY_S3, "*")], [statement("s3:*", "*")], "widens", "", "not know"),
    Case("all of a service, narrowed", [statement("s3:*", "*")], [statement(EVERY_S3, "*")], "narrows", "", "not know"),
    Case("all actions", [statement("s3:*", "*")], [statement("*", "*")], "widens", "a2c:"),
    Case(
        "star as NotAction of nothing", [statement("*", "*")], [statement(NotAction=["x:Y"], Resource="*")], "narrows"
    ),
    Case("NotAction of a name nobody knows", [], [statement(NotAction="coffee:X", Resource="*")], "widens", "a2c:"),
    Case("NotAction on a bucket", [], [statement(NotAction="s3:Delete*", Resource="orders/*")], "widens", "s3:A"),
    Case("NotAction of all", [], [statement(NotAction="*", Resource="*")], "equal"),
    Case("an action nobody knows", [], [statement("s3:Brew", "*")], "widens", "s3:Brew on *", "does not know"),
    Case("a service nobody knows", [statement("coffee:Brew")], [statement("coffee:*")], "widens", "coffee:"),
    Case(
        "unknown name in a known pattern", [statement("s3:G*", "*")], [statement(["s3:G*", "s3:GetTea"], "*")], "equal"
    ),
    Case("question mark", [statement("s3:GetObject")], [statement("s3:GetObjec?")], "widens", "", "does not know"),
]

RESOURCES = [
    Case("wider bucket", [O], [statement(resource="*/*")], "widens", "s3:GetObject on"),
    Case("bare star", [O], [statement(resource="*")], "widens", "s3:GetObject on x/x"),
    Case("bare star of a bucket's action", [], [statement("s3:ListBucket", "*")], "widens", "s3:ListBucket on x"),
    Case("bare star of a role's action", [], [statement("iam:PassRole", "*")], "widens", ":role/x"),
    Case("bare star of a table's action", [], [statement("dynamodb:GetItem", "*")], "widens", ":table/x"),
    Case("bare star of many kinds", [], [statement("ec2:RunInstances", "*")], "widens", ":instance/x"),
    Case("double star", [O], [statement(resource="orders/**")], "equal"),
    Case("star crosses slashes", [O], [statement(resource=["orders/*", "orders/a/b/*"])], "equal"),
    Case("question mark is one", [statement(resource="a/?")], [statement(resource="a/??")], "incomparable"),
    Case(
        "question mark is not none", [statement(resource="a/?*")], [statement(resource="a/*")], "widens", "", "format"
    ),
    Case("NotResource", [statement(NotResource="a/*")], [statement(NotResource=["a/*", "b/*"])], "narrows", "on b/"),
    Case(
        "NotResource and the rest",
        [statement(NotResource="a/*"), statement(resource="a/*")],
        [statement(resource="*")],
        "equal",
    ),
    Case("deny all but", [O], [O, deny("*", NotResource="orders/*")], "equal"),
    Case("deny all but less", [O], [O, deny("*", NotResource="orders/a*")], "narrows", "on orders/"),
    Case("deny is lifted", [O, deny(resource="orders/a*")], [O], "widens", "s3:GetObject on orders/a"),
    Case("deny shrinks", [O, deny(resource="orders/a*")], [O, deny(resource="orders/ab*")], "widens", "on orders/a"),
    Case("deny grows", [O, deny(resource="orders/ab*")], [O, deny(resource="orders/a*")], "narrows", "on orders/a"),
    Case("deny moves", [O, deny(resource="orders/a*")], [O, deny(resource="orders/b*")], "incomparable", "on orders/a"),
    Case("deny everything", [O], [O, deny("*", "*")], "narrows"),
    Case("deny in two halves", [O, deny("s3:*", "*")], [O, deny("s3:G*", "*"), deny("s3:P*", "*")], "equal"),
    Case("another partition", [O], [statement(resource=["orders/*", "arn:aws-cn:s3:::orders/*"])], "widens", "aws-cn"),
    Case("in the action's format", [], [statement("ec2:StartInstances", "*")], "widens", ":instance/x"),
    Case("without resource types", [], [statement("s3:ListAllMyBuckets", "*")], "widens", "s3:ListAllMyBuckets on *"),
    Case("never a real resource", [], [statement("s3:ListAllMyBuckets", "b")], "widens", "on b", "no format"),
    Case("overlap in the middle", [statement(resource="a*b")], [statement(resource=["a*b", "aXb", "aab"])], "equal"),
]

VARIABLES = [
    Case("variable renamed", [statement(resource=HOME)], [statement(resource="home/${aws:UserName}/*")], "equal"),
    Case("variable to star", [statement(resource=HOME)], [statement(resource="home/*/*")], "widens"),
    Case("star to variable", [statement(resource="home/*")], [statement(resource=HOME)], "narrows"),
    Case("variable to a name", [statement(resource=HOME)], [statement(resource="home/bob/*")], "incomparable", "bob"),
    Case("another variable", [statement(resource=HOME)], [statement(resource="home/${aws:userid}/*")], "incomparable"),
    Case(
        "action under a variable",
        [statement(["s3:GetObject", "s3:PutObject"], HOME)],
        [statement(resource=HOME)],
        "narrows",
        "s3:PutObject on home/alice/",
        "when aws:username is alice",
    ),
    Case("literal star", [statement(resource="a/${*}")], [statement(resource="a/*")], "widens"),
    Case("literal question mark", [statement(resource="a/?")], [statement(resource="a/${?}")], "narrows"),
    Case("literal dollar", [statement(resource="a/${$}b")], [statement(resource="a/$b")], "equal"),
    Case(
        "variable in a condition",
        [when("StringEquals", "aws:ResourceTag/o", "${aws:username}")],
        [when("StringLike", "aws:ResourceTag/o", "*")],
        "widens",
    ),
    Case(
        "deny by variable lifted",
        [statement(resource="home/*"), deny(resource=HOME)],
        [statement(resource="home/*")],
        "widens",
        "home/alice/",
        "when aws:username is alice",
    ),
    Case(
        "under another's denial",
        [statement(resource="a/*"), deny(resource="a/${aws:username}")],
        [statement(resource="a/bob")],
        "incomparable",
        "a/bob",
        "when aws:username is bob",
    ),
    Case(
        "variable in any case",
        [when("StringEquals", TEAM, "${aws:username}")],
        [when("StringEqualsIgnoreCase", TEAM, "${aws:username}")],
        "widens",
        "",
        "team is ALICE and aws:username is alice",
    ),
    Case(
        "variable within what its condition says",
        [statement(resource="home/dev-*/*")],
        [statement(resource=HOME, Condition={"StringLike": {"aws:username": "dev-*"}})],
        "narrows",
    ),
    Case(
        "variable beyond it",
        [statement(resource="home/dev-*/*")],
        [statement(resource=HOME, Condition={"StringLike": {"aws:username": ["dev-*", "ops-*"]}})],
        "incomparable",
        "home/ops-",
        "when aws:username is ops-",
    ),
    Case(
        "variable with fewer texts",
        [statement(resource=HOME, Condition={"StringLike": {"aws:username": ["dev-*", "ops-*"]}})],
        [statement(resource=HOME, Condition={"StringLike": {"aws:username": "dev-*"}})],
        "narrows",
    ),
    Case("variable meets length", [statement(resource="a/?*")], [statement(resource="a/${aws:username}")], "may-widen"),
    Case(
        "a pattern under another's denial",
        [statement(resource="a/*"), deny(resource="a/${aws:username}")],
        [statement(resource="a/b*")],
        "incomparable",
        "a/b",
    ),
    Case(
        "a name that others are as long as",
        [statement(resource="a/?????")],
        [statement(resource="a/${aws:username}")],
        "incomparable",
        "a/some-username",
    ),
    Case(
        "denied without a name",
        [statement(resource="a/*"), deny(resource="a/${aws:username}")],
        [
            statement(resource="a/*"),
            deny(resource="a/${aws:username}", Condition={"Null": {"aws:username": "false"}}),
        ],
        "equal",
    ),
    Case(
        "allowed but with a name",
        [statement(NotResource=HOME)],
        [statement(resource="*", Condition={"Null": {"aws:username": "true"}}), statement(NotResource=HOME)],
        "may-widen",
        "",
        "if a statement with ${aws:username} does not hold where that has no text",
    ),
    Case(
        "denied to him already, and now to all",
        [statement(resource="a/*"), deny(resource="a/${aws:username}")],
        [statement(resource="a/*"), deny(resource="a/${aws:username}"), deny(resource="a/bob")],
        "narrows",
        "a/bob",
        "when aws:username is absent",
    ),
    Case(
        "a name in a condition",
        [when("StringEquals", "s3:prefix", "${aws:username}")],
        [
            statement(
                Condition={"StringEquals": {"s3:prefix": "bob"}, "StringEqualsIgnoreCase": {"aws:username": "bob"}}
            )
        ],
        "incomparable",
        "",
        "s3:prefix is bob",
    ),
    Case(
        "a key that is itself",
        [when("StringEquals", "aws:username", "${aws:username}")],
        [when("Null", "aws:username", "false")],
        "equal",
    ),
    Case("a key that isn't itself", [], [when("StringNotEquals", "aws:username", "${aws:username}")], "may-widen"),
    Case("default, as it is", [statement(resource=TEAMS)], [statement(resource=TEAMS.replace(", ", ","))], "equal"),
    Case("default to star", [statement(resource=TEAMS)], [statement(resource="t/*")], "widens", "on t/"),
    Case(
        "default comes",
        [statement(resource="t/${aws:PrincipalTag/team}")],
        [statement(resource=TEAMS)],
        "widens",
        "s3:GetObject on t/company-wide",
        "when aws:PrincipalTag/team is absent",
    ),
    Case(
        "another default",
        [statement(resource=TEAMS)],
        [statement(resource=TEAMS.replace("company-wide", "nobody"))],
        "incomparable",
        "t/nobody",
        "when aws:PrincipalTag/team is absent",
    ),
    Case(
        "default by hand",
        [statement(resource=TEAMS)],
        [
            statement(resource="t/${aws:PrincipalTag/team}"),
            statement(resource="t/company-wide", Condition={"Null": {TEAM: "true"}}),
        ],
        "equal",
    ),
    Case(
        "the default's text for everybody",
        [statement(resource=TEAMS)],
        [statement(resource="t/company-wide")],
        "incomparable",
        "t/company-wide",
    ),
    Case(
        "default where the key is there",
        [statement(resource=TEAMS, Condition={"StringEquals": {TEAM: "a"}})],
        [statement(resource="t/a", Condition={"StringEquals": {TEAM: "a"}})],
        "equal",
    ),
    Case(
        "default in a condition",
        [when("StringEquals", "s3:prefix", "${aws:PrincipalTag/team, 'all'}")],
        [
            when("StringEquals", "s3:prefix", "${aws:PrincipalTag/team}"),
            statement(Condition={"StringEquals": {"s3:prefix": "all"}, "Null": {TEAM: "true"}}),
        ],
        "equal",
    ),
]
