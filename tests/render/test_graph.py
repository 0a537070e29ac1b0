"""The access graph as DOT, Mermaid, JSON and a page: nothing that specs say is markup."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.model import Escalation, Link, Mover
from reconciler.model.graph import AccessGraph, Edge, EdgeKind, Node, NodeKind
from reconciler.render.graph import dot_lines, graph_json, mermaid_lines
from reconciler.render.graph_html import html_page
from tests.browser import CHROMIUM, Page, opened

EVIL = '</script><img src=x onerror="document.title=\'owned\'">\\" ]; click a1 "javascript:alert(1)" %% <!-- \u2028'
ADMINISTRATOR = "administrator of vault"


def graph(agents: int = 3, title: str = EVIL) -> AccessGraph:
    """Each agent an intent, with a resource on one of two systems; the first comes to administrator."""
    nodes, edges = [Node("t0", NodeKind.TARGET, ADMINISTRATOR)], []
    for n in range(agents):
        system = f"db{n % 2}"
        nodes += [
            Node(f"a{n}", NodeKind.AGENT, f"agent-{n}", note=title),
            Node(f"i{n}", NodeKind.INTENT, f"intent-{n}"),
            Node(f"r{n}", NodeKind.RESOURCE, f"{title} {n}", system),
        ]
        edges += [Edge(f"a{n}", f"i{n}", EdgeKind.HOLDS), Edge(f"i{n}", f"r{n}", EdgeKind.REACHES)]
    edges.append(Edge("a0", "t0", EdgeKind.ESCALATES, "V1"))
    link = Link(f"update {title}", ADMINISTRATOR, "V1", True, "", ())
    path = Escalation(Mover.PLAN, "agent-0", "agent-0", ADMINISTRATOR, True, (link,), (), ("vault.policy",))
    return AccessGraph("test", False, tuple(nodes), tuple(edges), (path,))


def test_dot_quotes_what_it_is_told() -> None:
    text = "\n".join(dot_lines(graph()))
    plain = re.sub(r'"(?:[^"\\]|\\.)*"', '""', text)
    assert "script" not in plain
    assert "click" not in plain
    assert text.count("{") - text.count("}") == 0
    assert 'a0 -> t0 [label="V1", color=red, fontcolor=red, penwidth=2, style=solid];' in text
    assert 'subgraph "cluster_db0"' in text


def test_mermaid_has_no_sign_of_its_own_in_what_it_is_told() -> None:
    text = "\n".join(mermaid_lines(graph()))
    for quoted in re.findall(r'"([^"]*)"', text):
        assert re.fullmatch(r"(?:[\w .,:/-]|#\d+;)*", quoted), quoted
    assert '  a0 ==>|"V1"| t0' in text.splitlines()
    assert "  class t0 target" in text.splitlines()


def test_what_only_may_be_is_another_line() -> None:
    whole = graph()
    perhaps = AccessGraph("test", False, whole.nodes, (Edge("a0", "t0", EdgeKind.ESCALATES, "V1", False),), ())
    assert "style=dashed" in "\n".join(dot_lines(perhaps))
    assert '  a0 -.->|"V1"| t0' in mermaid_lines(perhaps)


def test_json_has_all_of_it() -> None:
    found = graph_json(graph())
    assert found["format_version"] == "1.0"
    assert len(found["nodes"]) == 10
    assert found["edges"][-1] == {
        "source": "a0",
        "target": "t0",
        "kind": "escalates",
        "title": "V1",
        "certain": True,
    }
    assert found["escalations"][0]["path"][0]["rule"] == "V1"


def test_the_page_holds_its_data_as_data_and_its_own_hashes() -> None:
    page = html_page(graph())
    (data,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert json.loads(data) == graph_json(graph())
    assert not set("<>&") & set(data)
    style, script = (re.findall(f"<{name}>(.*?)</{name}>", page, re.DOTALL) for name in ("style", "script"))
    for (text,) in (style, script):
        assert f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" in page
    assert not re.search(r"(?:src|href)=|https?://(?!www\.w3\.org/2000/svg)", page.replace(data, ""))


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    if CHROMIUM is None:
        pytest.skip("chromium isn't installed: apt-get install chromium")
    folder = tmp_path_factory.mktemp("page")
    file = folder / "graph.html"
    file.write_text(html_page(graph(1000)))
    with opened(file.as_uri(), Path(folder / "profile")) as made:
        yield made


def visible(page: Page, column: str) -> int:
    found: int = page.run(f"[...document.querySelectorAll('#{column} li')].filter(one => !one.hidden).length")
    return found


def types(page: Page, text: str) -> None:
    page.run(f"search.value = {json.dumps(text)}; search.dispatchEvent(new Event('input')); 0")


def test_a_thousand_agents_in_a_browser(page: Page) -> None:
    assert visible(page, "agent") == 1000
    assert page.run("document.title") == "Access graph", "nothing of what was said ran"
    assert page.run("document.images.length") == 0
    assert page.run("document.querySelectorAll('#lines path').length") == 0, "no line before something is chosen"
    assert page.told("Runtime.exceptionThrown") == []
    assert [one["entry"]["text"] for one in page.told("Log.entryAdded")] == []
    asked = [one["request"]["url"] for one in page.told("Network.requestWillBeSent")]
    assert [url for url in asked if not url.startswith("file:")] == []
    assert page.run("count.textContent") == "1000 of 1000 agents, 1 escalations"


def test_a_search_leaves_what_leads_there_and_where_it_leads(page: Page) -> None:
    types(page, "agent-77")
    assert visible(page, "agent") == 11  # 77 and 770 to 779
    assert visible(page, "intent") == visible(page, "resource") == 11
    types(page, "intent-42")
    assert visible(page, "agent") == 11
    types(page, "")
    assert visible(page, "agent") == 1000


def test_filters(page: Page) -> None:
    page.run("system.value = 'db1'; system.dispatchEvent(new Event('change')); 0")
    assert visible(page, "agent") == visible(page, "resource") == 500
    page.run("document.getElementById('clear').click(); only.click(); 0")
    assert (visible(page, "agent"), visible(page, "target")) == (1, 1)
    page.run("document.getElementById('clear').click(); 0")
    assert visible(page, "agent") == 1000


def test_a_click_shows_the_chain_and_draws_it(page: Page) -> None:
    page.run("document.querySelector('#agent li button').click(); 0")
    assert (visible(page, "agent"), visible(page, "intent"), visible(page, "target")) == (1, 1, 1)
    said = page.run("about.textContent")
    assert f"agent-0 comes to {ADMINISTRATOR}" in said
    assert "update </script>" in said
    assert "[V1]" in said
    assert "closed by taking back vault.policy" in said
    assert page.run("document.querySelectorAll('#lines path').length") == 3
    assert page.run("document.querySelectorAll('#lines path.escalates').length") == 1
    page.run("document.querySelector('#agent li button').click(); 0")
    assert visible(page, "agent") == 1000
