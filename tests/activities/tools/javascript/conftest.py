"""Workbenches for JavaScript tools: one over the real sandbox, one that replays what programs wrote once."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from activities.languages.javascript.programs import node_home
from activities.sandbox import ProcessResult, Runner, SandboxCommand, SandboxPaths, SandboxSpec
from activities.tooling import Project, Workbench
from tests.runners import runner_with_registries

RECORDED = Path(__file__).parent / "recorded"


@dataclass
class SandboxedProject:
    """A tree to write to, and a workbench for each run of a tool on it."""

    root: Path
    runner: Runner
    box: SandboxSpec = field(init=False)

    def __post_init__(self) -> None:
        (self.root / "tree").mkdir()
        self.box = SandboxSpec(tree=self.root / "tree", out=self.root, read_only=(node_home(),))

    def write(self, name: str, text: str) -> None:
        path = self.root / "tree" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def bench(self, folder: str = ".", **options: object) -> Workbench:
        out = self.root / "runs" / str(len(list(self.root.glob("runs/*")))) / "out"
        out.mkdir(parents=True)
        box = replace(self.box, out=out)

        async def run(command: SandboxCommand) -> ProcessResult:
            return await self.runner.run(box, command)

        project = Project(folder, self.root / "tree" / folder, "javascript")
        return Workbench(project, self.runner.paths(box), out, run, env_root=box.env, options=options)


@pytest.fixture
async def sandboxed(tmp_path: Path) -> SandboxedProject:
    return SandboxedProject(tmp_path, await runner_with_registries())


@dataclass
class ReplayedProject:
    """A workbench whose installed programs do nothing but leave recorded files in `out`.

    `{src}` in a recording is the tree. `commands` are the words of each start.
    """

    root: Path
    commands: list[tuple[str, ...]] = field(default_factory=list)

    def installed(self, program: str, package: str, version: str) -> None:
        links, folder = self.root / "env/node_modules/.bin", self.root / "env/node_modules" / package
        for path in (links, folder):
            path.mkdir(parents=True, exist_ok=True)
        (links / program).touch()
        (folder / "package.json").write_text(f'{{"version": "{version}"}}')

    def bench(
        self, files: dict[str, bytes], package_json: str = "{}", *, exit_code: int = 0, stderr: bytes = b""
    ) -> Workbench:
        tree, out = self.root / "tree", self.root / "out"
        for path in (tree, out):
            path.mkdir(exist_ok=True)
        (tree / "package.json").write_text(package_json)

        async def run(command: SandboxCommand) -> ProcessResult:
            self.commands.append(command.argv)
            for name, data in files.items():
                (out / name).write_bytes(data.replace(b"{src}", str(tree).encode()))
            return ProcessResult(exit_code, b"", stderr, 0.1)

        places = SandboxPaths(str(tree), str(self.root / "env"), str(out), "", "")
        return Workbench(Project(".", tree, "javascript"), places, out, run, env_root=self.root / "env")


@pytest.fixture
def replayed(tmp_path: Path) -> ReplayedProject:
    return ReplayedProject(tmp_path)


@pytest.fixture
def recorded() -> Callable[[str], bytes]:
    return lambda name: (RECORDED / name).read_bytes()
