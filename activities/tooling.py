"""What a tool and a toolchain are, and what they work with: the types that every such plug-in shares."""

import os
import posixpath
import re
import sys
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from activities.egress import RefusedTarget, host_without_proxy
from activities.model import Finding, ToolReport
from activities.reporting.reasons import refused_network
from activities.sandbox import ProcessResult, ResourceLimits, SandboxCommand, SandboxPaths, SandboxSpec
from activities.untrusted_files import UntrustedFileError, UntrustedFolder

Language = str
"""`python`, `javascript`, whatever a toolchain names, or `REPOSITORY`."""

REPOSITORY = "any"
"""Of tools that look at the files of a repository whatever their language, and of configured commands."""

_LARGEST_FILE = 5_000_000

BESIDE = "beside"
"""In an environment of Python: environments of tools that do not go with the project's packages."""

OUR_TOOLS = Path(sys.prefix)
"""The environment that holds our own, pinned version of every tool; a sandbox shows it read-only."""


@dataclass(frozen=True)
class Project:
    """One project of a repository. `folder` is relative to the repository's root, "." for the root
    itself; `root` is that folder on this host, to be read and never written. `members` are the folders below, relative
    to the project, that the tool which is started leaves alone, since it is started in each of them."""

    folder: str
    root: Path
    language: Language
    members: tuple[str, ...] = ()

    @property
    def files(self) -> UntrustedFolder:
        """The way to the project's files: whose repository it is, nobody here knows. A link is followed that does not
        lead out of the project."""
        return UntrustedFolder(self.root, follow_links=True)

    @property
    def around(self) -> "tuple[Project, ...]":
        """The folders around it up to the repository's root, the next one first."""
        folders = PurePosixPath(self.folder).parents
        return tuple(
            replace(self, folder=folder.as_posix(), root=self.root.parents[up], members=())
            for up, folder in enumerate(folders)
        )

    def inside(self, folder: str) -> str:
        """The path of a folder of the repository relative to this project, "" where it is not below it."""
        if self.folder == ".":
            return folder if folder != "." else ""
        return folder.removeprefix(f"{self.folder}/") if folder.startswith(f"{self.folder}/") else ""

    def inside_repository(self, path: str) -> str:
        """A path relative to the project as one of the repository."""
        return path if self.folder == "." else f"{self.folder}/{path}"

    def read(self, name: str) -> str:
        """A file's text, "" where there is none or it is not a plain readable file inside the root. A mark of the
        byte order at its start is no part of it."""
        try:
            return self.files.read_text(os.path.normpath(name), _LARGEST_FILE).removeprefix("\ufeff")
        except UntrustedFileError:
            return ""

    def has_file(self, name: str) -> bool:
        """Whether there is such a file inside the root."""
        return self.files.is_file(os.path.normpath(name))


@dataclass(frozen=True)
class Workbench:
    """What a tool works with.

    `paths` is how the command sees the folders; the command's working folder is the project's.
    `out` is the same folder as `paths.out`, on this host: a fresh one for each tool run.
    `env_root` is the prepared environment on this host (for a Python project a virtual environment, for
    a JavaScript one a folder that holds `node_modules`), None when nothing could be installed.
    `added` are the packages in it that are not the project's. `options` are the check's options from
    `.github/autobuild.yml`.
    """

    project: Project
    paths: SandboxPaths
    out: Path
    run: Callable[[SandboxCommand], Awaitable[ProcessResult]]
    env_root: Path | None = None
    limits: ResourceLimits = field(default_factory=ResourceLimits)
    options: Mapping[str, object] = field(default_factory=dict)
    added: tuple[str, ...] = ()

    def own_environment(self, name: str) -> str | None:
        """Where the project has a Python program of this name, below its environment: "." for that itself, else the
        tool's own beside it. None where only ours has it."""
        folders = (f"{BESIDE}/{name}", ".")
        look = UntrustedFolder(self.env_root).look if self.env_root else lambda _: None
        return next((folder for folder in folders if look(posixpath.normpath(f"{folder}/bin/{name}"))), None)

    def executable(self, name: str) -> str:
        """Where a Python program is for the command: the project's own, else ours.

        Ours come from the product's own environment, pinned by its lock file. The path of ours is the host's, which the
        runner shows read-only at the same place.
        """
        own = self.own_environment(name)
        return f"{OUR_TOOLS if own is None else posixpath.normpath(f'{self.paths.env}/{own}')}/bin/{name}"

    def relative(self, path: str) -> str:
        """A path as a tool printed it, relative to the repository's root with forward slashes."""
        # A backslash separates folders, unless it stands for a byte or character that cannot be shown.
        path = re.sub(r"\\(?!x[0-9a-f]{2}|u[0-9a-f]{4})", "/", path.removeprefix("file://"))
        if path.startswith(self.paths.src + "/"):
            return path[len(self.paths.src) + 1 :]
        path = path.removeprefix("./")
        return path if self.project.folder == "." or path.startswith("/") else f"{self.project.folder}/{path}"


@dataclass(frozen=True)
class ToolDetection:
    """Which of a project's files configure a tool or show that the project uses it.

    `tables` are below `tool` in pyproject.toml; `files` are names; `sections` are (ini file, section); `keys` are of
    package.json; `hooks` are ids of pre-commit hooks; `packages` are declared for development. `other_files` (patterns
    of names) and `other_sections` (tables, sections or keys) change what the tool reports, but show no use of it.

    The rest names code that can decide what the tool reports: `judges` are patterns of names of files that it runs
    (`conftest.py`), `plugin_options` its options that name modules or files to load, `entry_points` the groups of entry
    points through which it loads plug-ins, `scripts` patterns of names of package.json's scripts that start it.

    From the same facts follows what a change edits of the configuration and code that judge it, and which edits of
    pyproject.toml leave the environment as it is.
    """

    tables: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    sections: tuple[tuple[str, str], ...] = ()
    keys: tuple[str, ...] = ()
    hooks: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    other_files: tuple[str, ...] = ()
    other_sections: tuple[str, ...] = ()
    judges: tuple[str, ...] = ()
    plugin_options: tuple[str, ...] = ()
    entry_points: tuple[str, ...] = ()
    scripts: tuple[str, ...] = ()

    def configured_by_file(self, name: str) -> bool:
        """Whether a file of this name holds the tool's configuration and nothing else."""
        return name in self.files or any(fnmatchcase(name, pattern) for pattern in self.other_files)

    def configured_by_section(self, section: str) -> bool:
        """Whether a table of pyproject.toml (below `tool`), a section of an ini file or a key of package.json is the
        tool's: `mypy`, `mypy-tests.*`, `tool:pytest`, `coverage:run`."""
        names = (*self.tables, *(name for _, name in self.sections), *self.keys, *self.other_sections)
        return _first_word(section) in {_first_word(name) for name in names}


def _first_word(section: str) -> str:
    return re.split("[:.-]", section.removeprefix("tool:"), maxsplit=1)[0].strip()


class Tool(ABC):
    """A tool: each is a class, and its module defines one object of it.

    `default`: runs for its checks when no tool of the same checks and language is configured. `fixes`: it has `fix`.
    `requirements` (Python) are installed into the environment of a project that uses the tool and did not bring them;
    one without a version is installed in the version of the project's pre-commit hook. `always_installed`: also where
    nothing shows that the project uses it. `is_test_runner`: a package's test script that starts the program of the
    tool's name is this tool's to run, and no other's. `programs`: names by which a command of the repository (CI, Make,
    tox) asks for the tool. `runs_project_code`: the project's code, or what its environment starts with, can run in the
    tool's process. `silenced_by`: a pattern of the comments that keep it from reporting something (of a test runner:
    that keep lines from being measured).
    """

    name: str
    checks: tuple[str, ...]
    language: Language
    default: bool = False
    fixes: bool = False
    detection: ToolDetection = ToolDetection()
    requirements: tuple[str, ...] = ()
    always_installed: bool = False
    is_test_runner: bool = False
    programs: tuple[str, ...] = ()
    runs_project_code: bool = True
    silenced_by: str = ""

    @abstractmethod
    def used_by(self, project: Project) -> str:
        """Why the project uses the tool ("[tool.ruff] in pyproject.toml"), "" if it does not."""

    def program_name(self, project: Project) -> str:
        """The name of the program that is started there."""
        return self.name

    def asked_for(self, project: Project, check: str) -> str:
        """Where the project asks for the check by this tool, "" where nothing does: then it runs, if at all, only to
        inform."""
        return self.used_by(project)

    def covers(self, project: Project, member: Project) -> bool:
        """Whether, started in the project, it checks the project below as well as it would there: then it is started
        once, and the member is no part of its own."""
        return False

    def version_named(self, project: Project) -> str:
        """The version that the repository uses and where it says so, "" where it says nothing that is read here."""
        return ""

    def requirements_for(self, project: Project) -> tuple[str, ...]:
        """What is installed for it into the environment of a project that asks for it (Python)."""
        return self.requirements

    def has_work(self, project: Project, check: str) -> bool:
        """Whether it would find anything to do there, seen without starting it; in doubt True. A check for which no
        tool has work does not apply."""
        return True

    def loaded_code(self, project: Project) -> Iterable[str]:
        """Names of the modules and files that the tool loads because the project's configuration says so: plug-ins,
        set-up files, reporters. Dotted, or relative to the project's folder; what is installed may be among them."""
        return ()

    def started_by(self, project: Project, check: str) -> tuple[str, str]:
        """(the command that it starts there, the file that the command was learnt from), ("", "") where neither says
        more than the tool's name and what asks for it."""
        return "", ""

    @abstractmethod
    async def run(self, bench: Workbench) -> ToolReport:
        """Checks the project. It never raises for what the project or the program does: the report says it."""

    async def fix(self, bench: Workbench) -> ToolReport:
        """Changes the project's files as far as that is safe."""
        raise NotImplementedError(f"{self.name} fixes nothing")

    def findings(self, bench: Workbench) -> Iterable[Finding]:
        """What the report that the program left in `bench.out` says. Raises `BadReport`. See `findings_report`."""
        return ()


@dataclass(frozen=True)
class EnvironmentRecipe:
    """How one project's environment is installed.

    `key` is the hash of all that decides the environment (lock files, manifests, the interpreter's and
    the installer's versions): the same key means the same environment. `steps` are sentences for a
    person ("uv sync --frozen --all-groups"), `learnt_in` the files that ask for each of them, "" for one that names its
    file itself. `locked` says that a lock file decided the versions.
    """

    key: str
    steps: tuple[str, ...]
    locked: bool
    learnt_in: tuple[str, ...] = ()


@dataclass(frozen=True)
class InstallResult:
    """`problem` is empty when all went well, else what could not be installed and what to do about it.
    A partly installed environment is still usable by tools that need less. `added` are the packages that the project
    has not brought: tools of the checks, with what they need. `unavailable`: the interpreter that the project asks for
    cannot be had here, so nothing of the project can run, which is no fault of it."""

    problem: str = ""
    output_tail: str = ""
    partly: bool = False
    added: tuple[str, ...] = ()
    unavailable: bool = False

    def with_refused(self, refused: Sequence[RefusedTarget]) -> "InstallResult":
        """The same; a problem begins with what the network refused, the likely cause."""
        if not self.problem:
            return self
        cause = refused_network("The install step", refused, host_without_proxy(self.output_tail))
        return replace(self, problem=f"{cause} {self.problem}".strip())


@dataclass(frozen=True)
class InstallSite:
    """Where an installation happens: a sandbox whose `env` is writable and whose `cache` is the repository's own. `run`
    starts a command in it; `network=True` is allowed there."""

    project: Project
    spec: SandboxSpec
    paths: SandboxPaths
    run: Callable[[SandboxCommand], Awaitable[ProcessResult]]


class Toolchain(ABC):
    """How projects of one language are recognized and installed: each is a class, and its module defines one object of
    it."""

    name: str
    language: Language
    judges: tuple[str, ...] = ()
    """Patterns of names (of paths, where they have a slash) of files that decide how every tool of the language starts,
    or that run when the environment is installed."""
    judging_sections: tuple[str, ...] = ()
    """The same of parts of files: dotted tables of pyproject.toml, sections of ini files, keys of package.json."""
    manifests: tuple[str, ...] = ()
    """Names of files that decide what is installed for every member of a workspace."""
    registries: tuple[str, ...] = ()
    """`host:port` of where its packages come from, for a language whose registries no setting of this host names."""

    @abstractmethod
    def detect(self, folder: Path) -> bool:
        """Whether the folder holds a project of this language."""

    def home(self, project: Project) -> Project:
        """Where its packages are installed: the root of its workspace, else itself."""
        return project

    def members(self, project: Project) -> Iterable[str]:
        """The folders below the project, relative to it, that its workspace lists."""
        return ()

    def package_name(self, project: Project) -> str:
        """The name by which other projects of the repository may declare that they need it, "" without one."""
        return ""

    def needed_packages(self, project: Project) -> Iterable[str]:
        """Names of the packages that it declares, of whatever kind."""
        return ()

    def stands_alone(self, project: Project) -> bool:
        """Whether a folder below another project of the language, which no workspace lists, is a project of its own."""
        return False

    @abstractmethod
    def recipe(self, project: Project) -> EnvironmentRecipe:
        """How the project's environment is installed."""

    @abstractmethod
    async def install(self, site: InstallSite, recipe: EnvironmentRecipe) -> InstallResult:
        """Installs it."""

    def is_judge(self, project: Project, path: str, added: bool) -> bool:
        """The same of what `judges` cannot say: whether the file at this path of the project could be loaded in place
        of one of a tool. `added`: the change adds it."""
        return False

    def host_versions(self) -> str:
        """What of this host decides what tools of the language say, where it does not come with the product: another
        value, and everything is measured again. It starts nothing."""
        return ""

    def paths(self) -> tuple[Path, ...]:
        """What every command of the language needs to see read-only (interpreters)."""
        return ()

    def mounts(self, project: Project, env_root: Path) -> tuple[tuple[Path, str], ...]:
        """The `SandboxSpec.mounts` of every command that works with that environment."""
        return ()

    def moved_variables(self, env_root: Path, was: str, now: str) -> Mapping[str, str]:
        """For commands that see the tree elsewhere (`now`) than where the environment was made for it (`was`)."""
        return {}
