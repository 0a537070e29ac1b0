"""The access graph as one HTML page that loads nothing: docs/graph.md."""

from __future__ import annotations

import base64
import hashlib
import json
from importlib.resources import files

from reconciler.model.graph import AccessGraph
from reconciler.render.graph import graph_json

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src '{style_hash}'; script-src '{hash}'; \
base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width">
<title>Access graph</title>
<style>{style}</style>
</head>
<body>
<header>
<h1>Access</h1>
<input id="search" type="search" placeholder="Search agents, intents, resources" aria-label="Search">
<select id="system" aria-label="System"><option value="">all systems</option></select>
<label><input id="only" type="checkbox"> escalations only</label>
<output id="count"></output>
<button id="clear" type="button">Clear</button>
</header>
<main><svg id="lines" aria-hidden="true"></svg>
<section id="agent"><h2>Agents</h2><ul></ul></section>
<section id="intent"><h2>Intents</h2><ul></ul></section>
<section id="resource"><h2>Resources</h2><ul></ul></section>
<section id="target"><h2>Come to besides</h2><ul></ul></section>
<aside id="about" aria-live="polite"></aside></main>
<script type="application/json" id="data">{data}</script>
<script>{script}</script>
</body>
</html>"""


def html_page(graph: AccessGraph) -> str:
    """The page. What specs and servers say is data in it, put there as text and never as markup."""
    folder = files("reconciler.render") / "page"
    style, script = ((folder / name).read_text("utf-8") for name in ("graph.css", "graph.js"))
    text = json.dumps(graph_json(graph), ensure_ascii=True, separators=(",", ":"))
    # In a script element only </script and <!-- mean something to the parser.
    data = text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return _PAGE.format(style=style, style_hash=_hash(style), script=script, hash=_hash(script), data=data)


def _hash(text: str) -> str:
    """As Content Security Policy names an inline element (CSP 3, 2.3.1)."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
