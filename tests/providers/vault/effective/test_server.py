"""The model against a real OpenBao: what ``sys/capabilities`` says of random policies, and requests that are made."""

from __future__ import annotations

import http.client
import itertools
import json
import random
from typing import Any

import pytest

from providers.vault.effective.compare import compare
from providers.vault.effective.evaluate import allowed
from providers.vault.effective.values import Policy, Request, Server
from providers.vault.local import LocalVault
from tests.providers.vault.effective.policies import NOTHINGS, hcl, parsed, random_path, random_set

SEGMENTS = ("a", "ab", "b", "kv", "a-b", "\u00e9", "+a", "a+", "a*b")
ASKED = ("create", "read", "update", "patch", "delete", "list", "scan", "sudo")
_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def root(server: LocalVault) -> Root:
    made = Root(server)
    made.post("sys/mounts/one", {"type": "kv", "options": {"version": "1"}})
    made.post("one/there", {"k": "v"})
    return made


class Root:
    """The root token's requests."""

    def __init__(self, server: LocalVault) -> None:
        self.server = server

    def post(self, path: str, body: object) -> dict[str, Any]:
        status, reply = call(self.server, self.server._root, "POST", path, body)
        assert status < 300, reply
        return json.loads(reply or "{}")

    def token(self, texts: list[str]) -> str:
        """A token with exactly these policies."""
        names = []
        for text in texts:
            names.append(f"effective{next(_NUMBERS)}")
            self.post(f"sys/policies/acl/{names[-1]}", {"policy": text})
        return self.post("auth/token/create", {"policies": names, "no_default_policy": True})["auth"]["client_token"]


def call(server: LocalVault, held: str, method: str, path: str, body: object = None) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server._port, timeout=10)
    try:
        data = None if body is None else json.dumps(body)
        connection.request(method, f"/v1/{path}", data, {"X-Vault-Token": held})
        reply = connection.getresponse()
        return reply.status, reply.read()
    finally:
        connection.close()


def random_request(rng: random.Random) -> str:
    """A path that lies near the rules."""
    segments = [*SEGMENTS, "abc", "x", "+", ""]
    path = "/".join(rng.choice(segments) for _ in range(rng.randint(1, 4))).lstrip("/")
    return path or "a"


def near(rng: random.Random, texts: list[str]) -> str:
    """A path made from a rule's."""
    rules = [rule.path for policy in parsed(texts) for rule in policy.rules]
    path = rng.choice(rules).removesuffix("*")
    filled = "/".join(rng.choice(["x", "a", ""]) if part == "+" else part for part in path.split("/"))
    return (filled + rng.choice(["", "", "x", "/", "/x"])).lstrip("/") or "a"


def ask(root: Root, held: str, paths: list[str]) -> dict[str, set[str]]:
    found = root.post("sys/capabilities", {"token": held, "paths": paths})["data"]
    return {path: set(found[path]) - {"deny"} for path in paths}


def questions(root: Root, rng: random.Random, sets: int, each: int) -> int:
    """Asks, compares, and returns how many answers there were. It answers as LIST looks at a path."""
    asked = 0
    for _ in range(sets):
        texts = random_set(rng, SEGMENTS)
        policies = parsed(texts)
        paths = sorted({near(rng, texts) if rng.random() < 0.6 else random_request(rng) for _ in range(each)})
        paths = [path for path in paths if "," not in path]
        for path, said in ask(root, root.token(texts), paths).items():
            listing = path.endswith("/")
            for capability in ("list", "scan") if listing else ASKED:
                asked += 1
                mine = allowed(policies, Request(capability, path))
                assert mine is (capability in said), (texts, path, capability, said)
    return asked


def test_a_sample_of_questions(root):
    assert questions(root, random.Random(1), 12, 25) > 1200


@pytest.mark.access
@pytest.mark.parametrize("seed", range(10))
def test_thousands_of_questions(root, seed):
    assert questions(root, random.Random(100 + seed), 16, 60) > 3000


WORDS = ('"a"', '"a*"', '"*b"', '"*a*"', '"*"', "true", "5", '"5"')
VALUES = ("a", "ab", "b", "cab", "*", "5", True, 5, None, ["a"], "")


def parameters(rng: random.Random) -> str:
    def lists() -> str:
        names = rng.sample(["k", "L", "*"], rng.randint(1, 2))
        return " ".join(f'"{name}" = [{", ".join(rng.choices(WORDS, k=rng.randint(0, 2)))}]' for name in names)

    more = []
    if rng.random() < 0.7:
        more.append(f"allowed_parameters = {{ {lists()} }}")
    if rng.random() < 0.4:
        more.append(f"denied_parameters = {{ {lists()} }}")
    if rng.random() < 0.3:
        more.append('required_parameters = ["K"]')
    return " ".join(more)


def writes(root: Root, server: LocalVault, rng: random.Random, sets: int, each: int) -> int:
    """Writes with random bodies: refused with 403, or done."""
    done = 0
    for _ in range(sets):
        # Numbers in a list are left to the test below: how they compare isn't modelled.
        texts = [hcl(("one/x", "create update", parameters(rng).replace(", 5]", "]").replace("[5", '["c"')))]
        if rng.random() < 0.4:
            texts.append(hcl(("one/x", "create update", parameters(rng).replace("5,", "").replace("5]", '"d"]'))))
        policies = parsed(texts)
        held = root.token(texts)
        for _ in range(each):
            body = {name: rng.choice(VALUES) for name in rng.sample(["k", "l", "K", "z"], rng.randint(1, 3))}
            status = call(server, held, "POST", "one/x", body)[0]
            assert status in {204, 403}, (status, body)
            assert allowed(policies, Request("update", "one/x", body)) is (status == 204), (texts, body, status)
            done += 1
    return done


def test_a_sample_of_writes(root, server):
    assert writes(root, server, random.Random(2), 10, 20) == 200


@pytest.mark.access
def test_writes(root, server):
    assert writes(root, server, random.Random(3), 100, 25) == 2500


def test_reads_of_paths_with_a_trailing_slash(root, server):
    """What sys/capabilities can't tell: it looks at every path as LIST does."""
    rng = random.Random(4)
    for _ in range(25):
        rules = [
            (f"one/{random_path(rng, ('a', 'b'), 2)}", rng.choice(["read", "list", "deny", "delete"])) for _ in range(4)
        ]
        texts = [hcl(*rules)]
        held = root.token(texts)
        for path in ("one/a", "one/a/b", "one/b/a", "one/b/x"):
            for method, capability in (("GET", "read"), ("DELETE", "delete"), ("LIST", "list")):
                status = call(server, held, method, path)[0]
                # The server itself puts a slash to the path of a LIST.
                asked = Request(capability, f"{path}/" if capability == "list" else path)
                assert allowed(parsed(texts), asked) is (status != 403), (texts, method, path, status)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (("one/a", "list"), ("one/a/", "list")),
        (("one/a/", "list"), ("one/a", "list")),
        (("one/+", "list"), ("one/*", "list")),
        (("one/+/b", "list"), ("one/+/b/", "list")),
        (("one/a*", "read"), ("one/a*", "list")),
        (("one/+/b", "read"), ("one/*", "read")),
    ],
)
def test_witnesses_can_be_made(root, server, old, new):
    """Each request is made by a token of the one side and by one of the other; an empty segment is written ``%2F``."""
    before, after = ([hcl(rule)] for rule in (old, new))
    found = compare(parsed(before), parsed(after), servers=[Server.OPENBAO])
    holds = {"gains": root.token(after), "loses": root.token(before)}
    lacks = {"gains": holds["loses"], "loses": holds["gains"]}
    assert found.gains or found.loses
    for side in ("gains", "loses"):
        for one in getattr(found, side):
            assert one.certain is ("//" not in one.request), one
            capability, _, path = one.request.partition(" ")
            made = {"list": "LIST", "read": "GET"}[capability], path.replace("//", "/%2F")
            assert call(server, holds[side], *made)[0] != 403, one
            assert call(server, lacks[side], *made)[0] == 403, one


def test_blanks_in_a_template_are_nothing_to_the_server(root):
    root.post("sys/auth/blanks", {"type": "userpass"})
    names = ("{{identity.entity.name}}", "{{ identity.entity.name }}", "{{\\tidentity.entity.name  }}")
    texts = [hcl((f"one/{name}/x", word)) for name, word in zip(names, ("read", "update", "delete"), strict=True)]
    policies = [f"blank{at}" for at in range(len(texts))]
    for name, text in zip(policies, texts, strict=True):
        root.post(f"sys/policies/acl/{name}", {"policy": text})
    root.post("auth/blanks/users/ann", {"password": "p", "token_policies": policies})
    login = root.post("auth/blanks/login/ann", {"password": "p"})["auth"]
    root.post(f"identity/entity/id/{login['entity_id']}", {"name": "ann"})
    assert ask(root, login["client_token"], ["one/ann/x"]) == {"one/ann/x": {"read", "update", "delete"}}
    assert len({rule.path for policy in parsed(texts) for rule in policy.rules}) == 1
    assert call(root.server, root.server._root, "DELETE", "sys/auth/blanks")[0] < 300


@pytest.mark.parametrize("text", NOTHINGS)
def test_what_holds_nothing_is_a_policy(root, text):
    held = root.token([text])
    assert ask(root, held, ["one/there"]) == {"one/there": set()}
    assert parsed([text]) == [Policy("p0")]


def test_no_text_at_all_is_none(root):
    with pytest.raises(AssertionError, match="not supplied or empty"):
        root.post("sys/policies/acl/none", {"policy": ""})
