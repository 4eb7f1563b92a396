"""A folder that is gated."""

from pathlib import Path

import pytest

from activities.workspace.mirror import Workspaces
from tests.bot.local_gate.folders import Folder, no_auth


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    (tmp_path / "folder").mkdir()
    (tmp_path / "secret").write_text("secret\n")
    return Folder(tmp_path / "folder", Workspaces(tmp_path / "data", lambda repo: repo.path, no_auth))
