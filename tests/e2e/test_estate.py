"""The main job on the estate: two environments side by side at the same servers."""

from __future__ import annotations

import shutil

import pytest

from tests.e2e.convergence import check_applies, check_destroys, check_finds_its_own
from tests.servers import World


def test_estate_with_two_environments_side_by_side(estate: World, pytestconfig: pytest.Config) -> None:
    names = ("staging", "production")
    counts = {
        name: check_applies(estate, f"estate/expected/{name}.txt", pytestconfig, "-environment", name) for name in names
    }
    assert all(count > 200 for count in counts.values())
    shutil.rmtree(estate.state.parent)
    check_finds_its_own(estate, counts["production"], "-environment", "production")
    check_destroys(estate, counts["staging"], "-environment", "staging")
    assert estate.ok("drift", "-environment", "production").startswith("No drift.")
    check_destroys(estate, counts["production"], "-environment", "production")


@pytest.mark.thorough
def test_an_environment_that_left_the_specs_is_destroyed_from_the_state(estate: World) -> None:
    estate.apply("-environment", "staging")
    path = estate.specs / "environments.yaml"
    documents = path.read_text().split("\n---\n")
    path.write_text("\n---\n".join(one for one in documents if "name: staging" not in one))
    assert estate.writ("plan", "-environment", "staging").returncode == 1
    assert "W222" in estate.writ("plan", "-environment", "staging").stderr
    estate.ok("plan", "-destroy", "-environment", "staging", "-detailed-exitcode", code=2)
    assert "Destroy complete!" in estate.ok("destroy", "-auto-approve", "-environment", "staging")
    assert "W222" in estate.writ("destroy", "-auto-approve", "-environment", "staging").stderr
