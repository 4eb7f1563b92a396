"""A repository's template for pull requests, at a commit that the mirror has."""

from pathlib import Path

import pytest

from activities.model import RepoRef
from activities.planned_changes.pull_template import pull_template
from activities.workspace.git import GitError, git, git_line
from activities.workspace.mirror import Workspaces

REPO = RepoRef("octocat", "hello", 1)


class Site:
    """A mirror, and commits in it."""

    def __init__(self, folder: Path) -> None:
        self.workspaces = Workspaces(folder / "data", lambda _: "", _no_credential, lambda _: None)
        self._work = folder / "work"

    async def template(self, files: dict[str, str], links: dict[str, str] | None = None) -> str:
        self._work.mkdir()
        await git(self._work, "init", "--quiet")
        for path, text in files.items():
            (self._work / path).parent.mkdir(parents=True, exist_ok=True)
            (self._work / path).write_text(text)
        for path, target in (links or {}).items():
            (self._work / path).symlink_to(target)
        await git(self._work, "add", "--all")
        person = ("-c", "user.name=octocat", "-c", "user.email=octocat@example.com")
        await git(self._work, *person, "commit", "--quiet", "--allow-empty", "--message", "Base")
        mirror = self.workspaces.mirror(REPO)
        mirror.parent.mkdir(parents=True)
        await git(self._work, "clone", "--quiet", "--bare", str(self._work), str(mirror))
        return await pull_template(self.workspaces, REPO, await git_line(self._work, "rev-parse", "HEAD"))


async def _no_credential(_: RepoRef) -> tuple[str, str]:
    raise AssertionError("nothing is requested")


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"README.md": "x", "src/pull_request_template.md": "x", ".github/workflows/pull_request_template.md": "x"},
        {".github/pull_request_template.md": ""},
        {".github/pull_request_template.md": "x" * 100_001},
        {".github/PULL_REQUEST_TEMPLATE/a.md": "a", ".github/PULL_REQUEST_TEMPLATE/b.md": "b"},
    ],
    ids=["empty", "elsewhere", "nothing in it", "too large", "several to choose from"],
)
async def test_no_template(site: Site, files: dict[str, str]) -> None:
    assert await site.template(files) == ""


@pytest.mark.parametrize(
    "path",
    [
        "pull_request_template.md",
        "Pull_Request_Template.md",
        ".github/PULL_REQUEST_TEMPLATE.md",
        "docs/pull_request_template.txt",
        ".github/PULL_REQUEST_TEMPLATE/default.md",
        "docs/pull_request_template/One.md",
    ],
)
async def test_template_is_found(site: Site, path: str) -> None:
    assert await site.template({"README.md": "x", path: "## What\n"}) == "## What\n"


async def test_folder_of_github_comes_first(site: Site) -> None:
    files = {f"{folder}pull_request_template.md": folder for folder in ("docs/", ".github/")}
    assert await site.template(files) == ".github/"


async def test_link_is_no_template(site: Site) -> None:
    assert await site.template({"secret.md": "x"}, {"pull_request_template.md": "secret.md"}) == ""


async def test_commit_that_the_mirror_lacks_is_an_error(site: Site) -> None:
    await site.template({})
    with pytest.raises(GitError):
        await pull_template(site.workspaces, REPO, "0123456789" * 4)
