"""What of git's configuration says which files a commit gets and how: keys that hold no command, and the names of
filters. A repository's own configuration is untrusted, the person's own is not; both are read as data.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from activities.untrusted_files import UntrustedFileError, UntrustedFolder
from activities.workspace.git import GitError, git

# How files are compared and converted, what is ignored, where `@{upstream}` is, and what the repository lacks.
_READ = (
    r"^(core\.(autocrlf|eol|filemode|symlinks|ignorecase|precomposeunicode|checkstat|trustctime|excludesfile"
    r"|attributesfile|checkroundtripencoding|bare|worktree|sparsecheckout)|sparse\.expectfilesoutsideofpatterns"
    r"|extensions\..*|branch\..*\.(remote|merge)|remote\..*\.(fetch|promisor)|filter\..*\.(clean|process)"
    r"|include(if\..*)?\.path)$"
)
# Those that the repository that stands in gets as they are.
_COPIED = frozenset(
    f"core.{name}"
    for name in ("autocrlf", "eol", "filemode", "symlinks", "ignorecase", "precomposeunicode", "checkroundtripencoding")
)
_LARGEST_FILE = 10 * 1024**2
_FALSE = ("false", "no", "off", "0", "")


@dataclass(frozen=True)
class GitConfig:
    """`rows` are key and value in the order in which they were read: the last one of a key holds. Section and name are
    in lower case; None stands for a key without a value, which means true."""

    rows: tuple[tuple[str, str | None], ...] = ()

    def __add__(self, later: "GitConfig") -> "GitConfig":
        return GitConfig(self.rows + later.rows)

    def get(self, key: str) -> str:
        """The value, "" where there is none."""
        return next((value if value is not None else "true" for name, value in reversed(self.rows) if name == key), "")

    def is_on(self, key: str, default: bool = False) -> bool:
        value = self.get(key).lower()
        return value not in _FALSE if any(name == key for name, _ in self.rows) else default

    @property
    def is_partial(self) -> bool:
        """Whether objects were left out when the repository was cloned."""
        return any(
            name == "extensions.partialclone"
            or (name.startswith("remote.") and name.endswith(".promisor") and (value or "true").lower() not in _FALSE)
            for name, value in self.rows
        )

    @property
    def filters(self) -> frozenset[str]:
        """The filters whose command would change a file on its way into a commit."""
        keys = (name for name, _ in self.rows if name.startswith("filter."))
        return frozenset(key.removeprefix("filter.").rpartition(".")[0] for key in keys)

    def copied(self) -> "GitConfig":
        """What the repository that stands in gets as it is."""
        return GitConfig(
            tuple(
                (name, value)
                for name, value in self.rows
                if name in _COPIED or name.startswith("branch.") or name.endswith(".fetch")
            )
        )

    def written(self) -> bytes:
        """As git reads it from a file."""
        return b"".join(_as_text(name, "true" if value is None else value) for name, value in self.rows)


async def parse_config(text: bytes, folder: Path) -> GitConfig:
    """A repository's configuration, without what it includes. Nothing of what git does not understand. `folder` is any
    of ours."""
    return await _read(folder, "--file", "-", "--no-includes", stdin=text) if text.strip() else GitConfig()


async def person_config(environ: Mapping[str, str], git_dir: Path | None, folder: Path) -> GitConfig:
    """The configuration of the machine and the person, with what is included for a repository in `git_dir`."""
    found = GitConfig()
    home, config_home = _homes(environ)
    if environ.get("GIT_CONFIG_NOSYSTEM", "").lower() in _FALSE:
        found += await _read(folder, "--system", "--includes", home=home)
    files = [Path(environ["GIT_CONFIG_GLOBAL"])] if environ.get("GIT_CONFIG_GLOBAL") else []
    for file in files or [config_home / "git" / "config", home / ".gitconfig"]:
        if _is_regular(file):
            read = await _read(folder, "--file", str(file), "--includes", home=home)
            found += await _with_conditions(read, file, git_dir, home)
    return found


async def _with_conditions(config: GitConfig, file: Path, git_dir: Path | None, home: Path) -> GitConfig:
    """With the files that are included for this repository's folder: git itself does not see it as that folder."""
    for name, value in config.rows:
        condition = name.removeprefix("includeif.").removesuffix(".path")
        kind, _, pattern = condition.partition(":")
        if not git_dir or kind not in ("gitdir", "gitdir/i") or not value or not name.startswith("includeif."):
            continue
        if _is_in(git_dir, _path(pattern, file.parent, home), ignore_case=kind == "gitdir/i", pattern=pattern):
            included = _path(value, file.parent, home)
            if _is_regular(included):
                config += await _read(file.parent, "--file", str(included), "--includes", home=home)
    return config


def _is_in(git_dir: Path, place: Path, *, ignore_case: bool, pattern: str) -> bool:
    """Git's rule for `gitdir:`: a pattern that ends with a slash means everything below, one that begins with neither
    `/`, `~/` nor `./` means any folder of that name."""
    from activities.globs import path_matches

    wanted = pattern if not pattern.startswith(("/", "~/", "./")) else str(place)
    anchored = "" if wanted == pattern and not pattern.startswith("/") else "/"
    wanted = f"{anchored or '/**/'}{wanted.strip('/')}" + ("/**" if pattern.endswith("/") else "")
    for each in {git_dir, git_dir.resolve()}:
        path = str(each).strip("/")
        if path_matches([wanted.lower() if ignore_case else wanted], path.lower() if ignore_case else path):
            return True
    return False


def named_file(config: GitConfig, key: str, usual: str, root: Path, environ: Mapping[str, str]) -> bytes:
    """What is in the file that `core.excludesFile` or `core.attributesFile` names, or in the `usual` one. Nothing where
    it is no regular file that can be read."""
    home, config_home = _homes(environ)
    value = config.get(key)
    # Whoever wrote that name may not be trusted: a pipe is not opened, and what is read decides over patterns alone.
    file = (_path(value, root, home) if value else config_home / "git" / usual).resolve()
    try:
        return UntrustedFolder(file.parent).read_bytes(file.name, _LARGEST_FILE)
    except UntrustedFileError:
        return b""


def _homes(environ: Mapping[str, str]) -> tuple[Path, Path]:
    home = Path(environ.get("HOME") or "/")
    return home, Path(environ.get("XDG_CONFIG_HOME") or home / ".config")


def _path(value: str, root: Path, home: Path) -> Path:
    return home / value.removeprefix("~/") if value.startswith("~/") else root / value


def _is_regular(file: Path) -> bool:
    """Links are followed: it is the person's own file."""
    file = file.resolve()
    return UntrustedFolder(file.parent).is_file(file.name)


async def _read(folder: Path, *source: str, stdin: bytes = b"", home: Path | None = None) -> GitConfig:
    """`home` is for names of included files that begin with `~/`."""
    env = {"HOME": str(home)} if home else None
    try:
        out = await git(folder, "config", *source, "-z", "--get-regexp", _READ, env=env, stdin=stdin)
    except GitError:  # none, or git does not understand it
        return GitConfig()
    rows = []
    for row in out.split(b"\0")[:-1]:
        key, newline, value = row.partition(b"\n")
        rows.append((os.fsdecode(key), os.fsdecode(value) if newline else None))
    return GitConfig(tuple(rows))


def _as_text(key: str, value: str) -> bytes:
    section, _, rest = key.partition(".")
    subsection, _, name = rest.rpartition(".")
    title = f"{section} {_quoted(subsection)}" if subsection else section
    return os.fsencode(f"[{title}]\n\t{name} = {_quoted(value)}\n")


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
