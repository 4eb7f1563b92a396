"""Which packages, and how one becomes a repository: fetched, unpacked, committed."""

import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

_TSCONFIG = """{
  "compilerOptions": {
    "target": "es2020", "module": "esnext", "moduleResolution": "bundler", "strict": true, "noEmit": true,
    "isolatedModules": true, "skipLibCheck": true, "types": [], "paths": {"ts-dedent": ["./src/index.ts"]}
  },
  "include": ["src"]
}
"""
_TSCONFIG_JEST = """{
  "extends": "./tsconfig.json",
  "compilerOptions": {"module": "commonjs", "moduleResolution": "node10", "ignoreDeprecations": "6.0"}
}
"""
_ESLINT = """import js from '@eslint/js';
import tseslint from 'typescript-eslint';

export default [{ ignores: ['dist', 'esm'] }, js.configs.recommended, ...tseslint.configs.strict];
"""


@dataclass(frozen=True)
class Package:
    """`shape` says why it is here. `added` are files that the published archive lacks and its tools need."""

    name: str
    version: str
    shape: str
    language: str = "python"
    added: Mapping[str, str] = field(default_factory=dict)


PACKAGES = (
    Package("humanize", "4.17.0", "src layout, version file written by hatch-vcs and ignored by git, benchmarks"),
    Package("iniconfig", "2.3.1", "src layout, version file written by setuptools-scm, uv.lock"),
    Package("itsdangerous", "2.2.0", "flit, requirements files, tests with freezegun"),
    Package("markupsafe", "3.0.4", "a C extension compiled in place, pyright"),
    Package("pluggy", "1.7.0", "setuptools-scm, coverage of several sources, benchmarks outside of the suite"),
    Package("python-slugify", "9.2.0", "setup.py"),
    Package("sqlparse", "0.6.1", "hatchling, uv.lock"),
    Package("tabulate", "0.10.0", "setuptools-scm, flake8 by tox.ini"),
    Package("tomlkit", "0.15.2", "poetry-core, mypy strict"),
    Package(
        "ts-dedent", "2.3.0", "TypeScript, jest by ts-jest, eslint, tsc", "javascript",
        {"tsconfig.json": _TSCONFIG, "tsconfig.jest.json": _TSCONFIG_JEST, "eslint.config.mjs": _ESLINT},
    ),
)  # fmt: skip


def repository(package: Package, work: Path) -> Path:
    """A git repository with one commit: the package's files, less what its own .gitignore leaves out."""
    root = work / "repository"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    with tarfile.open(_fetched(package, work)) as archive:
        archive.extractall(work / "unpacked", filter="data")
    (unpacked,) = (work / "unpacked").iterdir()
    for name, text in package.added.items():
        (unpacked / name).write_text(text, "utf-8")
    git(unpacked, "init", "--quiet", "--initial-branch=main")
    git(unpacked, "add", "--all")
    git(unpacked, "commit", "--quiet", "--message", f"{package.name} {package.version}")
    clone(unpacked, root)
    return root


def clone(repository: Path, to: Path) -> None:
    git(repository, "clone", "--quiet", "--no-hardlinks", str(repository), str(to))


def git(folder: Path, *words: str) -> None:
    who = ("-c", "user.name=octocat", "-c", "user.email=octocat@example.com")
    subprocess.run(["git", *who, *words], cwd=folder, check=True)


def npm(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return run((sys.executable, "-m", "bot.npm", *words), folder)


def run(argv: tuple[str, ...], folder: Path, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """What it printed, whatever its exit code."""
    ours = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])} if "bot.npm" in argv else dict(os.environ)
    return subprocess.run(
        argv, cwd=folder, env={**ours, **(env or {})}, capture_output=True, text=True, errors="replace", check=False
    )


def _fetched(package: Package, work: Path) -> Path:
    wanted = f"{package.name}=={package.version}"
    if package.language == "python":
        done = run(
            (sys.executable, "-m", "pip", "download", "-q", "--no-deps", f"--no-binary={package.name}", wanted), work
        )
    else:
        done = npm("pack", "--silent", wanted.replace("==", "@"), folder=work)
    if done.returncode:
        raise SystemExit(f"{wanted} could not be fetched:\n{done.stderr[-2000:]}")
    return next(path for path in work.iterdir() if path.name.endswith(("gz", "tgz")))
