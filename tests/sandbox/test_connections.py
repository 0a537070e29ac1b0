from __future__ import annotations

import yaml

from reconciler.sandbox.connections import Connections

BLOCKS = {"vault": {"address": "http://127.0.0.1:1", "jwt": {"command": ["/a b/python", "-m", "x: y"], "role": "no"}}}


def test_one_environment_reads_back_and_looks_like_yaml() -> None:
    text = Connections({"production": BLOCKS}, {"cluster": "http://127.0.0.1:2/keys"}).to_yaml()
    assert yaml.safe_load(text) == {
        "apiVersion": "writ/v1",
        "kind": "Connections",
        "spec": {"systems": BLOCKS, "issuers": {"cluster": {"jwks_url": "http://127.0.0.1:2/keys"}}},
    }
    assert "\n    vault:\n" in text


def test_several_environments_keep_apart_even_with_odd_names() -> None:
    blocks = {name: {"vault": {"address": name, "options": {}}} for name in ("no", "1", "on.x", "staging")}
    spec = yaml.safe_load(Connections(blocks, {}).to_yaml())["spec"]
    assert spec == {"environments": {name: {"systems": systems} for name, systems in blocks.items()}, "issuers": {}}
