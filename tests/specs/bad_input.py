"""Bad input: what goes in. What a user sees of it stands in bad_input.golden; ``table`` gives both.

The numbers are those of the catalogue of bad input that the language must withstand.
WRIT_UPDATE_GOLDEN=1 rewrites the golden file: read the difference before you keep it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

GOLDEN = Path(__file__).with_name("bad_input.golden")


class Case(NamedTuple):
    name: str
    files: Mapping[str, bytes]
    expected: list[str]
    """``file:line:column: severity[code] subject: message``, in order; none where nothing is wrong."""


BASE = """apiVersion: writ/v1
kind: Environment
metadata: {name: production}
spec:
  issuers:
    cluster: {issuer: https://oidc.example.com/cluster, audiences: {vault: vault}}
  systems:
    vault: {provider: vault, policy_prefix: writ-}
---
apiVersion: writ/v1
kind: Intent
metadata: {name: orders.read}
spec:
  purpose: Look up an order
  risk: low
  data: confidential
  ttl: 15m
  access:
    - {system: vault, paths: [{path: kv/data/orders/x, capabilities: [read]}]}
"""
AGENT = """apiVersion: writ/v1
kind: Agent
metadata: {name: support-bot}
spec:
  owner: team-support@example.com
  purpose: Answers questions
  identity: {issuer: cluster, subject: "system:serviceaccount:support:support-bot"}
  intents: [{name: orders.read, ttl: 10m}]
"""


def agent(old: str, new: str) -> str:
    assert old in AGENT, old
    return AGENT.replace(old, new)


def ttl(text: str) -> str:
    return agent("ttl: 10m", f"ttl: {text}")


def intent(old: str, new: str) -> str:
    text = BASE.split("---\n")[1].replace("orders.read", "orders.list")
    assert old in text, old
    return text.replace(old, new)


def env(old: str, new: str) -> str:
    text = BASE.split("---\n", maxsplit=1)[0].replace("production", "staging")
    assert old in text, old
    return text.replace(old, new)


def bot(name: str, to: str | None = None, own: bool = False) -> str:
    text = AGENT.replace("support-bot", name)
    if not own:
        text = text.replace("  intents: [{name: orders.read, ttl: 10m}]\n", "")
    return text + (f"  delegates: [{{to: {to}, intents: [orders.read]}}]\n" if to else "")


def guardrail(name: str, low: str) -> str:
    return f"apiVersion: writ/v1\nkind: Guardrail\nmetadata: {{name: {name}}}\nspec:\n  max_ttl: {{low: {low}}}\n"


_INPUTS: list[tuple[str, dict[str, bytes]]] = []


def case(
    name: str,
    text: str | bytes,
    file: str = "a.yaml",
    base: bool = True,
    files: Mapping[str, str] | None = None,
) -> None:
    found: dict[str, str | bytes] = {"base.yaml": BASE} if base else {}
    found |= {file: text, **(files or {})}
    _INPUTS.append((name, {key: one.encode() if isinstance(one, str) else one for key, one in found.items()}))


def table() -> Iterator[Case]:
    """Every bad input with the findings that it must give."""
    expected = read_golden()
    for name, files in _INPUTS:
        findings = [line for line in expected.get(name, ()) if not line.startswith("  ")]
        yield Case(name, files, findings)


def read_golden() -> dict[str, list[str]]:
    """By case, all lines: findings, and their help indented."""
    found: dict[str, list[str]] = {}
    for part in GOLDEN.read_text("utf-8").split("## ")[1:]:
        name, _, lines = part.partition("\n")
        found[name] = lines.rstrip("\n").split("\n") if lines.strip() else []
    return found


case("01 duplicate key", agent("  purpose:", "  owner: b@example.com\n  purpose:"))
case("01 duplicate key in a flow mapping", agent("ttl: 10m}", "ttl: 10m, name: x}"))
case("02 alias bomb", "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n")
case("03 merge key", agent("  owner:", "  <<: {x: y}\n  owner:"))
case("03 merge bomb", "a: &a {x: y}\nb: {<<: *a}\n")
case("04 nested flow lists", "[" * 25000)
case("04 nested flow mappings", "{" * 25000)
case("04 nested block lists", "- " * 25000)
case("05 recursive alias", "&a [*a]\n")
case("09 a word that YAML 1.1 takes for false", agent("name: support-bot}", "name: NO}"))
case("11 a clock", ttl("1:30"))
case("12 no unit", ttl("3600"))
case("13 empty in quotes", ttl('""'))
case("13 empty", ttl(""))
case("14 weeks", ttl("1w"))
case("14 ISO 8601", ttl("PT1H"))
case("15 negative", ttl("-1h"))
case("15 zero", ttl("0"))
case("15 zero seconds", ttl("0s"))
case("15 infinite", ttl(".inf"))
case("16 over the maximum", ttl("9999999h"))
case("16 far over the maximum", ttl("9" * 400 + "h"))
case("17 a time where a date belongs", agent("  purpose:", "  review_by: 2027-03-31T10:00:00\n  purpose:"))
case("18 no date", agent("  purpose:", "  review_by: 2026-13-45\n  purpose:"))
case("19 a date in the past", agent("  purpose:", "  review_by: 2026-01-01\n  purpose:"))
case("21 python object", agent("team-support@example.com", "!!python/object/apply:os.system [id]"))
case("22 include", agent("team-support@example.com", "!include /etc/passwd"))
case("23 binary", agent("team-support@example.com", "!!binary aGVsbG8="))
case("23 set", agent("[{name: orders.read, ttl: 10m}]", "!!set {orders.read}"))
case("24 directive", "%YAML 1.2\n---\n" + AGENT)
case("24 tag directive", "# why\n%TAG ! tag:x,2000:\n---\n" + AGENT)
case("25 empty file", "")
case("25 only comments", "# nothing\n\n# here\n")
case("25 only markers", "---\n---\n...\n")
case("26 U+2028", agent("questions", "questions # ok\u2028admin: true"))
case("26 U+2029", agent("questions", "questions\u2029"))
case("26 U+0085", agent("questions", "questions\u0085"))
case("27 bare CR", agent("questions\n", "questions\r  admin: true\n"))
case("28 U+202E", agent("questions", "que\u202estions"))
case("28 U+2066", agent("questions", "\u2066questions"))
case("28 U+202E escaped", agent("Answers questions", '"que\\u202estions"'))
case("29 zero width", agent("questions", "que\u200bstions"))
case("29 inner BOM", agent("questions", "que\ufeffstions"))
case("30 Cyrillic name", agent("support-bot}", "\u0430dmin}"))
case("31 NUL escaped", agent("Answers questions", '"a\\0b"'))
case("31 NUL", agent("Answers questions", "a\0b"))
case("32 invalid UTF-8", AGENT.encode().replace(b"questions", b"questions \xff"))
case("32 UTF-16", AGENT.encode("utf-16"))
case("32 UTF-16 without BOM", AGENT.encode("utf-16-le"))
case("32 Latin-1", agent("questions", "questi\u00f6ns").encode("latin-1"))
case(
    "33 names differ only by case",
    AGENT + "---\n" + agent("support-bot}", "Support-Bot}").replace("support:support-bot", "support:other"),
)
case("36 reserved pg_", intent("orders.list", "pg_x"))
case("36 reserved public", intent("orders.list", "public"))
case("36 reserved root", agent("name: support-bot", "name: root"))
case("36 reserved default", agent("name: support-bot", "name: default"))
case("37 a quote in a name", agent("name: support-bot", "name: 'a\"b'"))
case("37 a semicolon in a name", agent("name: support-bot", "name: a;b"))
case("37 a newline in a name", agent("name: support-bot", 'name: "a\\nb"'))
case("41 unknown field", agent("identity: {issuer: cluster, subject", "identity: {issuer: cluster, subjct"))
case("43 no subject", agent(', subject: "system:serviceaccount:support:support-bot"', ""))
case("43 wildcard subject", agent('"system:serviceaccount:support:support-bot"', '"*"'))
case("43 wildcard in a subject", agent('"system:serviceaccount:support:support-bot"', '"system:serviceaccount:*:x"'))
case("43 list of subjects", agent('"system:serviceaccount:support:support-bot"', '[ok, "*"]'))
case("45 JSON with a duplicate key", '{"apiVersion": "writ/v1", "kind": "Agent", "kind": "Intent"}', file="a.json")
case(
    "45 JSON with NaN",
    '{"apiVersion": "writ/v1", "kind": "Guardrail", "metadata": {"name": "g"}, "spec": {"max_ttl": {"low": NaN}}}',
    file="a.json",
)
case("48 5000 digits", ttl("1" * 5000))
case("48 100k parts", ttl("1" + ":59" * 100000))
case("49 a 2 MB document", AGENT + "# x\n" * 500000)
case("49 a 17 MB file", (AGENT + "---\n") * 70000)
case("50 Vault token", agent("questions", "questions hvs.CAESIJabcdefghijklmnop"))
case("50 old Vault token", agent("questions", "questions s.aB3dEf6hIj9lMn2pQr5tUv8x"))
case("50 AWS key", agent("questions", "AKIAIOSFODNN7EXAMPLE"))
case(
    "50 private key",
    agent(
        "  purpose: Answers questions",
        "  purpose: |\n    -----BEGIN RSA PRIVATE KEY-----\n    MIIEpAIBAAKCAQEA\n    -----END RSA PRIVATE KEY-----",
    ),
)
case("50 JWT", agent("questions", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl"))
case("50 GitHub token", agent("questions", "ghp_0123456789abcdefghijABCDEFGHIJ012345"))
case("50 escaped Vault token", agent("Answers questions", '"hv\\x73.CAESIJabcdefghijklmnop"'))
case("50 a token in a comment", AGENT + "# hvs.CAESIJabcdefghijklmnop\n")
case(
    "51 credentials in a URL", env("https://oidc.example.com/cluster", "https://user:hunter2@oidc.example.com/cluster")
)
case("51 user in a URL", env("https://oidc.example.com/cluster", "https://user@oidc.example.com/cluster"))
case("52 no owner", agent("  owner: team-support@example.com\n", ""))
case("53 intent not declared", agent("orders.read", "orders.raed"))
case("53 system not declared", intent("system: vault", "system: vualt"))
case("53 issuer not declared", agent("issuer: cluster", "issuer: clutser"))
case(
    "54 delegation cycle",
    AGENT
    + "  delegates: [{to: helper, intents: [orders.read]}]\n---\n"
    + AGENT.replace("support-bot", "helper")
    + "  delegates: [{to: support-bot, intents: [orders.read]}]\n",
)
case(
    "54 delegation too deep",
    "---\n".join([bot("b0", "b1", True)] + [bot(f"b{i}", f"b{i + 1}") for i in range(1, 5)] + [bot("b5")]),
)
# beyond the catalogue
case("no Environment", AGENT.replace("orders.read", "x"), base=False)
case("tab as indentation", agent("  owner", "\towner"))
case("bad indentation", agent("  purpose", "   purpose"))
case("unclosed quote", agent("Answers questions", '"Answers questions'))
case("unclosed flow mapping", agent("{name: support-bot}", "{name: support-bot"))
case("unclosed flow list", agent("ttl: 10m}]", "ttl: 10m}"))
case("nothing after a bracket", "a: [")
case("nothing but blank lines after a bracket", "a: b\nc: {d: e,\n\n  \n")
case("nothing after a colon in brackets", "---\na: {b:\n---\na: b\n")
case("a colon in plain text", agent("Answers questions", "Answers: questions"))
case("a text that starts with @", agent("team-support@example.com", "@team"))
case("a text that starts with a percent sign", agent("Answers questions", "%s"))
case(
    "an error in one document hides nothing of the next",
    'a: "b\n---\n' + agent("  owner: team-support@example.com\n", ""),
)
case("undeclared names aren't reported while a document can't be read", "a: {\n---\n" + agent("orders.read", "other"))
case(
    "a document that fails still declares its name",
    agent("orders.read", "orders.list") + "---\n" + intent("risk: low", "risk: lwo"),
)
case("a list as a document", "- a\n- b\n")
case("a text as a document", "hello\n")
case("no apiVersion", agent("apiVersion: writ/v1\n", ""))
case("another apiVersion", agent("writ/v1", "writ/v2"))
case("no kind", agent("kind: Agent\n", ""))
case("kind is a list", agent("kind: Agent\n", "kind: [Agent]\n"))
case("unknown kind", agent("kind: Agent", "kind: Agnet"))
case("a kind of the cluster's", agent("kind: Agent", "kind: Deployment"))
case("connections among the specs", "apiVersion: writ/v1\nkind: Connections\nspec: {}\n")
case("no metadata", agent("metadata: {name: support-bot}\n", ""))
case("metadata is a text", agent("{name: support-bot}", "support-bot"))
case("no name", agent("{name: support-bot}", "{labels: {a: b}}"))
case("name is a list", agent("{name: support-bot}", "{name: [a]}"))
case("no spec", AGENT.split("spec:", maxsplit=1)[0])
case("spec is empty", AGENT.split("spec:", maxsplit=1)[0] + "spec:\n")
case("null is a text", agent("team-support@example.com", "~"))
case("null where a list belongs", agent("[{name: orders.read, ttl: 10m}]", "null"))
case("empty owner", agent("team-support@example.com", ""))
case("an address that is none", agent("team-support@example.com", "team@"))
case("owner is a list", agent("team-support@example.com", "[a, b]"))
case("purpose of two lines", agent("Answers questions", "|\n    one\n    two"))
case("purpose too long", agent("Answers questions", "x" * 300))
case("purpose of spaces", agent("Answers questions", '"   "'))
case("intents is a mapping", agent("[{name: orders.read, ttl: 10m}]", "{orders.read: 10m}"))
case("intents is a text", agent("[{name: orders.read, ttl: 10m}]", "orders.read"))
case("an intent is a list", agent("[{name: orders.read, ttl: 10m}]", "[[orders.read]]"))
case("an intent without a name", agent("name: orders.read, ", ""))
case("an intent listed twice", agent("[{name: orders.read, ttl: 10m}]", "[orders.read, orders.read]"))
case("ttl over the intent's", ttl("20m"))
case("ttl is a list", ttl("[10m]"))
case("ttl in capitals", ttl("10M"))
case("ttl with a fraction", ttl("1.5h"))
case("ttl with a space", ttl("10 m"))
case("ttl with units out of order", ttl("30m1h"))
case("ttl with Arabic digits", ttl("\u0661\u0660m"))
case(
    "ttl over the guardrail's",
    intent("ttl: 15m", "ttl: 9h") + "---\n" + guardrail("baseline", "8h") + "---\n" + guardrail("loose", "12h"),
)
case(
    "guardrail with an unknown risk",
    "apiVersion: writ/v1\nkind: Guardrail\nmetadata: {name: g}\nspec: {max_ttl: {hihg: 15m}}\n",
)
GUARDRAIL = "apiVersion: writ/v1\nkind: Guardrail\nmetadata: {name: g}\nspec: "
case("guardrail that requires", f"{GUARDRAIL}{{require: [x]}}\n")
case("guardrail that requires nothing", f"{GUARDRAIL}{{require: [{{risk: [low], of: []}}]}}\n")
case("guardrail that requires what nobody knows", f"{GUARDRAIL}{{require: [{{risk: [low], of: [blessing]}}]}}\n")
case("guardrail of an unknown severity", f"{GUARDRAIL}{{severity: fatal}}\n")
case("guardrail that separates one", f"{GUARDRAIL}{{separate: [[orders.read]]}}\n")
case("guardrail that separates an intent from itself", f"{GUARDRAIL}{{separate: [[orders.read, orders.read]]}}\n")
case("guardrail that separates what isn't there", f"{GUARDRAIL}{{separate: [[orders.read, orders.raed]]}}\n")
case("guardrail for agents that can't be", f"{GUARDRAIL}{{agents: {{names: ['support bot']}}}}\n")
case("max_ttl for some agents", f"{GUARDRAIL}{{agents: {{names: [a-*]}}, max_ttl: {{low: 1h}}}}\n")
case("forbidden widths of no system", f"{GUARDRAIL}{{forbid: [{{system: valt, widths: [wildcard-path]}}]}}\n")
EXEMPT = "rule: never, agent: support-bot"
case("exemption without more", f"{GUARDRAIL}{{exemptions: [{{{EXEMPT}}}]}}\n" + "---\n" + AGENT)
SIGNED = "reason: migration, approver: ciso@example.com, expires: 2999-01-01"
case("exemption for everybody", f"{GUARDRAIL}{{exemptions: [{{rule: never, {SIGNED}}}]}}\n")
case("exemption for nobody", f"{GUARDRAIL}{{exemptions: [{{rule: never, agent: suport-bot, {SIGNED}}}]}}\n---\n{AGENT}")
case("exemption of an agent from a TTL", f"{GUARDRAIL}{{exemptions: [{{rule: max_ttl, agent: x, {SIGNED}}}]}}\n")
case("exemption from an unknown rule", f"{GUARDRAIL}{{exemptions: [{{rule: nevr, agent: support-bot, {SIGNED}}}]}}\n")
case(
    "exemption that ended", f"{GUARDRAIL}{{exemptions: [{{{EXEMPT}, {SIGNED.replace('2999', '2020')}}}]}}\n---\n{AGENT}"
)
case("approval still to come", agent("ttl: 10m", "approval: {name: x, approver: me, date: 2999-01-01}"))
case("approval by nobody", agent("ttl: 10m", "approval: {name: CHG-1, date: 2020-01-01}"))
case(
    "guardrail for a system that isn't there",
    "apiVersion: writ/v1\nkind: Guardrail\nmetadata: {name: g}\nspec: {never: [{system: paymets, actions: ['*']}]}\n",
)
case("risk is unknown", intent("risk: low", "risk: hgih"))
case("risk is a list", intent("risk: low", "risk: [low]"))
case("data class in capitals", intent("data: confidential", "data: Confidential"))
case(
    "intent without access",
    intent("    - {system: vault, paths: [{path: kv/data/orders/x, capabilities: [read]}]}\n", "    []\n"),
)
case("access without a system", intent("system: vault, ", ""))
case("access is a mapping", intent("    - {system", "    {system"))
case("intent without a ttl", intent("  ttl: 15m\n", ""))
case("declared twice", AGENT, files={"b.yaml": AGENT})
case("an environment of one name twice", env("staging", "production"))
case("shared identity", AGENT + "---\n" + agent("name: support-bot", "name: other"))
case(
    "shared identity through two issuers with one URL",
    AGENT + "---\n" + agent("name: support-bot", "name: other").replace("issuer: cluster", "issuer: again"),
    base=False,
    files={
        "base.yaml": BASE.replace(
            "  systems:\n",
            "    again: {issuer: HTTPS://oidc.example.com:443/cluster/, audiences: {vault: x}}\n  systems:\n",
        )
    },
)
case("subject and SPIFFE id", agent("issuer: cluster,", "issuer: cluster, spiffe: spiffe://example.com/a,"))
case("a SPIFFE id that is none", agent('subject: "system:serviceaccount:support:support-bot"', "spiffe: example.com/a"))
case(
    "a SPIFFE id without a path",
    agent('subject: "system:serviceaccount:support:support-bot"', "spiffe: spiffe://example.com"),
)
case(
    "a SPIFFE id with a wildcard",
    agent('subject: "system:serviceaccount:support:support-bot"', "spiffe: spiffe://example.com/*"),
)
case("a policy variable in a subject", agent('"system:serviceaccount:support:support-bot"', '"${aws:username}"'))
case("identity is a text", agent('{issuer: cluster, subject: "system:serviceaccount:support:support-bot"}', "cluster"))
case("delegates to itself", AGENT + "  delegates: [{to: support-bot, intents: [orders.read]}]\n")
case("delegates what it doesn't hold", bot("a", "b") + "---\n" + bot("b", None, True))
case("delegates to nobody", AGENT + "  delegates: [{to: suport-bot, intents: [orders.read]}]\n")
case("delegates no intents", AGENT + "  delegates: [{to: support-bot, intents: []}]\n")
case(
    "delegation ttl over the delegator's",
    AGENT + "  delegates: [{to: b, intents: [orders.read], ttl: 12m}]\n---\n" + bot("b"),
)
case("a longer delegation cycle", "---\n".join([bot("a", "b", True), bot("b", "c", True), bot("c", "a", True)]))
case("agent without intents", agent("  intents: [{name: orders.read, ttl: 10m}]\n", ""))
case("issuer that is no URL", env("https://oidc.example.com/cluster", "oidc.example.com"))
case("issuer by file URL", env("https://oidc.example.com/cluster", "file:///etc/passwd"))
case("issuer with a query", env("https://oidc.example.com/cluster", "https://oidc.example.com/?a=b"))
case("issuer with a port that is none", env("https://oidc.example.com/cluster", "https://oidc.example.com:port/"))
case("issuer with a broken address", env("https://oidc.example.com/cluster", '"https://[::1/"'))
case(
    "two sources of keys",
    env(
        "audiences: {vault: vault}",
        "audiences: {vault: vault}, jwks_url: https://a.example.com/k, discovery_url: https://a.example.com/",
    ),
)
case("a public key that is none", env("audiences: {vault: vault}", "audiences: {vault: vault}, public_keys: [abc]"))
case("audience for nothing", env("audiences: {vault: vault}", "audiences: {valt: vault}"))
case("audience with a wildcard", env("audiences: {vault: vault}", 'audiences: {vault: "*"}'))
case("audience is a list", env("audiences: {vault: vault}", "audiences: {vault: [a]}"))
case("system without a provider", env("provider: vault, ", ""))
case(
    "system with an underscore in its name",
    env("    vault: {p", "    my_vault: {p").replace("audiences: {vault: vault}", "audiences: {}"),
)
case("environment without systems", env("  systems:\n    vault: {provider: vault, policy_prefix: writ-}\n", ""))
case(
    "environment that lacks a system and an issuer",
    env("    vault: {", "    other: {")
    .replace("cluster:", "edge:")
    .replace("audiences: {vault: vault}", "audiences: {}")
    + "---\n"
    + AGENT,
)
case("a key that is a list", agent("  purpose:", "  ? [a, b]\n  : c\n  purpose:"))
case("a key that is a mapping", agent("  purpose:", "  {a: b}: c\n  purpose:"))
case("a key that is a number", agent("  purpose:", "  1: c\n  purpose:"))
case("a key that is empty", agent("  purpose:", "  : c\n  purpose:"))
case("an anchor without an alias", agent("team-support@example.com", "&owner team-support@example.com"))
case("an alias without an anchor", agent("team-support@example.com", "*owner"))
case("a huge anchor", agent("team-support@example.com", "&" + "a" * 50000 + " x"))
case("a long line", agent("Answers questions", "x" * 900000))
case("too many values", "[" + "a," * 120000 + "]")
case("many errors", agent("[{name: orders.read, ttl: 10m}]", "[" + "{nam: x}, " * 300 + "]"))
case("a soft hyphen", agent("questions", "ques\u00adtions"))
case("an invisible tag character", agent("questions", "questions\U000e0041"))
case("an escape character", agent("Answers questions", '"\\e[31mred"'))
case("a carriage return escaped", agent("Answers questions", '"a\\rb"'))
case("a surrogate escaped", agent("Answers questions", '"\\ud83d\\ude00"'))
case("a verbatim tag", agent("team-support@example.com", "!<tag:yaml.org,2002:str> x"))
case("an unknown tag handle", agent("team-support@example.com", "!x!y z"))
case("the non-specific tag", agent("team-support@example.com", "! x"))
case(
    "a second document without a marker",
    AGENT + "...\n" + agent("  owner: team-support@example.com\n", "").replace("support-bot", "other"),
)
case("CRLF is fine, positions hold", agent("  owner: team-support@example.com\n", "").replace("\n", "\r\n"))
case("a BOM at the start is fine, positions hold", "\ufeff" + agent("apiVersion: writ/v1", "apiVersion: writ/v3"))
case(
    "columns count characters",
    agent("Answers questions", "\u00c4\u00d6\u00dc")
    .replace("  purpose: \u00c4\u00d6\u00dc", "  {purpose: x}")
    .replace("  {purpose: x}", "  purpose: \u00c4\u00d6\u00dc # \u4e2d\u6587")
    .replace("{issuer: cluster, ", "{issuer: cluster, \u00e4: x, "),
)
case("JSON with single quotes", "{'apiVersion': 'writ/v1', kind: Agent}", file="a.json")
case("a path that looks like a snake in labels", agent("{name: support-bot}", "{name: support-bot, lables: {a: b}}"))
case("labels is a list", agent("{name: support-bot}", "{name: support-bot, labels: [a]}"))
case("a label that is a mapping", agent("{name: support-bot}", "{name: support-bot, labels: {a: {b: c}}}"))
case("Retirement", "apiVersion: writ/v1\nkind: Retirement\nmetadata: {name: x}\nspec: {}\n")
case("name of dots", agent("name: support-bot", 'name: ".."'))
case("name of a wildcard", agent("name: support-bot", 'name: "*"'))
case("name with an umlaut", agent("name: support-bot", "name: b\u00f6t"))
case("name of 200 characters", agent("name: support-bot", "name: " + "a" * 200))
case("no such day", agent("  purpose:", "  review_by: 2027-02-30\n  purpose:"))
case("no year", agent("  purpose:", "  review_by: 0000-02-03\n  purpose:"))
case("ttl in brackets", ttl("[15m]"))
case("an empty metadata", agent("{name: support-bot}", "{}"))
case("identity is a name", agent('{issuer: cluster, subject: "system:serviceaccount:support:support-bot"}', "cluster"))
case("one subject in brackets", agent('"system:serviceaccount:support:support-bot"', "[bot]"))
case("spaces around a subject", agent('"system:serviceaccount:support:support-bot"', '" bot "'))
case("a tab that indents", agent("  purpose:", "\tpurpose:"))
case("an environment without systems", env("  systems:\n    vault: {provider: vault, policy_prefix: writ-}\n", ""))
case(
    "a broken document still declares its name",
    intent("apiVersion: writ/v1", "apiVersion: v1") + "---\n" + agent("orders.read", "orders.list"),
)
case(
    "a chain far too long",
    "---\n".join([bot("a0", "a1", own=True), *(bot(f"a{n}", f"a{n + 1}") for n in range(1, 30)), bot("a30")]),
)
case("name too long", agent("name: support-bot", "name: " + "a" * 64))
case("name that ends with a dot", agent("name: support-bot", "name: bot."))
case("name with an underscore", agent("name: support-bot", "name: support_bot"))
case("python field names aren't YAML's", agent("apiVersion: writ/v1", "apiVersion: writ/v1\napi_version: writ/v1"))
case(
    "a digit that isn't ASCII in a date", agent("  purpose:", "  review_by: \uff12\uff10\uff12\uff17-03-31\n  purpose:")
)
case("a token as a key", agent("  purpose:", "  hvs.CAESIJabcdefghijklmnop: x\n  purpose:"))
case("a token as a name", agent("name: support-bot", 'name: "hv\\x73.CAESIJabcdefghijklmnop"'))
case("a token as a wrong value", intent("risk: low", "risk: AKIAIOSFODNN7EXAMPLE"))
case(
    "a public key is no secret",
    env(
        "audiences: {vault: vault}}",
        'audiences: {vault: vault}, public_keys: ["-----BEGIN PUBLIC KEY-----\\nMIIB\\n-----END PUBLIC KEY-----\\n"]}',
    ),
)
case("a password where none belongs", agent("  purpose:", "  password: hunter2\n  purpose:"))
case(
    "a version is kept as text",
    agent("{name: support-bot}", "{name: support-bot, labels: {version: 1.10, when: 2027-01-01, on: yes}}"),
)
case("an intent by its name alone", agent("{name: orders.read, ttl: 10m}", "orders.read"))
case("an intent by a bad name alone", agent("{name: orders.read, ttl: 10m}", "Orders_Read"))
case(
    "everything at once",
    agent("  owner: team-support@example.com\n", "").replace("ttl: 10m", "ttl: 1w")
    + "---\nkind: [\n---\n"
    + intent("risk: low", "rsik: low").replace("ttl: 15m", "ttl: 0"),
)
case("labels with nothing in them", agent("{name: support-bot}", "\n  name: support-bot\n  labels:\n  annotations:"))
case("delegates with nothing in them", AGENT + "  delegates:\n")
case(
    "ttl in a block",
    agent("[{name: orders.read, ttl: 10m}]", "\n    - name: orders.read\n      ttl: |\n        10m"),
)
