"""Making a server's data folder, beside others that do the same."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from providers.mysql import local
from providers.mysql.local import LocalMysql
from reconciler.provider.local import LocalServerError

pytestmark = pytest.mark.skipif(bool(LocalMysql().missing), reason=LocalMysql().missing)


def test_data_that_could_not_be_made_are_not_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The half that was made has a folder for the system's tables, too."""
    install = tmp_path / "install"
    install.write_text(f"#!/bin/sh\nmkdir {tmp_path}/home/data/mysql\necho Aborting >&2\nexit 1\n")
    install.chmod(0o700)
    (tmp_path / "home").mkdir()
    monkeypatch.setattr(local, "_binary", lambda _: str(install))
    with pytest.raises(LocalServerError, match="mariadb-install-db failed:\nAborting"):
        LocalMysql()._initialise(tmp_path / "home")


@pytest.mark.thorough
def test_many_are_made_at_once(tmp_path: Path) -> None:
    """A server that starts removes what it takes for its own in the folder of temporary files."""

    def made(number: int) -> None:
        home = tmp_path / str(number)
        home.mkdir()
        LocalMysql()._initialise(home)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(made, range(24)))
