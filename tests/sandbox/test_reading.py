from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.sandbox.errors import BrokenSpecs, SandboxError
from reconciler.sandbox.reading import find_seed, read_blueprint
from tests.servers import EXAMPLES


def test_the_quickstart_prepares_databases_before_the_vault_that_mints_for_them() -> None:
    (setting,) = read_blueprint([str(EXAMPLES / "quickstart" / "specs")]).settings
    names = [system.name for system in setting.systems]
    assert names.index("orders-db") < names.index("vault")
    assert sorted(names) == ["orders-db", "payments", "vault"]
    identity = setting.identities["support-bot"]
    assert identity.subject == "system:serviceaccount:support:support-bot"
    assert identity.audiences == {"vault": "vault", "payments": "sts.amazonaws.com"}


def test_environments_have_their_own_issuers() -> None:
    blueprint = read_blueprint([str(EXAMPLES / "estate" / "specs")])
    by_name = {setting.name: setting for setting in blueprint.settings}
    assert set(by_name) == {"staging", "production"}
    agent = next(iter(by_name["staging"].identities))
    assert by_name["staging"].identities[agent] != by_name["production"].identities[agent]
    assert blueprint.issuers == ("cluster", "github", "mesh")


def test_broken_specs_keep_their_findings(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("apiVersion: writ/v1\nkind: Agnet\n")
    with pytest.raises(BrokenSpecs) as broken:
        read_blueprint([str(tmp_path)])
    (first, *_) = broken.value.diagnostics
    assert first.span is not None
    assert broken.value.source_line(first.span) == "kind: Agnet"


def test_no_environment_nothing_to_start(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        "apiVersion: writ/v1\nkind: Guardrail\nmetadata: {name: g}\nspec: {max_ttl: {low: 8h}}\n"
    )
    with pytest.raises(SandboxError, match="no Environment"):
        read_blueprint([str(tmp_path)])


@pytest.mark.parametrize("seed", ["seed", "specs/seed"])
@pytest.mark.parametrize("path", ["specs", "specs/a.yaml"])
def test_the_seed_lies_in_or_beside_the_specs(tmp_path: Path, path: str, seed: str) -> None:
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs" / "a.yaml").touch()
    assert find_seed([str(tmp_path / path)]) is None
    (tmp_path / seed).mkdir()
    assert find_seed([str(tmp_path / path)]) == tmp_path / seed
