"""One rewrite by other tools, for a migration to be measured beside: each call of `ReactDOM.render` gets a root."""

import asyncio
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from activities.languages.javascript.programs import node
from activities.tooling import OUR_TOOLS
from benchmarks.support.react_project import MATCHING, lay_out
from benchmarks.support.taken import Took, ended, timed

_HERE = Path(__file__).parents[1] / "codemods"
_MANIFESTS = ("package.json", "package-lock.json")


@dataclass(frozen=True)
class Codemods:
    """`folder` has the packages, and a tree for each number of files that is copied for every run."""

    folder: Path

    async def install(self) -> None:
        """jscodeshift, once for each lock file."""
        done = self.folder / "installed.json"
        lock = (_HERE / _MANIFESTS[1]).read_bytes()
        if done.is_file() and done.read_bytes() == lock:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        for name in _MANIFESTS:
            shutil.copy(_HERE / name, self.folder)
        npm = (sys.executable, "-m", "bot.npm", "ci", "--prefix", str(self.folder), "--ignore-scripts", "--no-audit")
        process = await asyncio.create_subprocess_exec(*npm, stdout=asyncio.subprocess.DEVNULL)
        if code := await process.wait():
            raise RuntimeError(f"npm ended with {code}")
        done.write_bytes(lock)

    def fresh(self, count: int) -> Path:
        """A tree that nothing has changed."""
        original, tree = self.folder / "trees" / str(count), self.folder / "tree"
        if not original.is_dir():
            lay_out(original, count)
        shutil.rmtree(tree, ignore_errors=True)
        shutil.copytree(original, tree)
        return tree

    async def ast_grep(self, count: int) -> Took:
        argv = (str(OUR_TOOLS / "bin" / "ast-grep"), "scan", "--rule", str(_HERE / "render.yml"), "--update-all", ".")
        return await self._by(argv, count)

    async def jscodeshift(self, count: int) -> Took:
        """With a process for each of two processors."""
        program = str(self.folder / "node_modules" / "jscodeshift" / "bin" / "jscodeshift.js")
        options = ("--parser=tsx", "--extensions=js,jsx,ts,tsx", "--cpus=2", "--silent")
        return await self._by((node(), program, "--transform", str(_HERE / "render.cjs"), *options, "."), count)

    async def _by(self, argv: tuple[str, ...], count: int) -> Took:
        tree = self.fresh(count)
        async with timed() as took:
            code = await ended(argv, tree, self.folder)
        if code:
            raise RuntimeError(f"{argv[0]} ended with {code}")
        must_be_rewritten(tree, count)
        return took[0]


def must_be_rewritten(tree: Path, count: int) -> None:
    """What does nothing would be fast."""
    rewritten = sum(b"createRoot(" in path.read_bytes() for path in tree.glob("src/*/*/*.*"))
    if rewritten != count // 100 * MATCHING:
        raise RuntimeError(f"{rewritten} of {count // 100 * MATCHING} files were rewritten")
