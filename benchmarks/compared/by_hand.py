"""The same tools started by a plain command in an environment of their own, and what they print counted."""

import re
import shlex
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from activities.languages.python.installed import installed

from .by_the_gate import Counted, findings, tests
from .packages import npm, run

_OURS = Path(sys.executable).parent


@dataclass(frozen=True)
class ByHand:
    """`command` is what a person would type."""

    command: str
    counts: str


@dataclass(frozen=True)
class Place:
    """A checkout with its own environment, in which the project is installed."""

    root: Path
    bin: Path


def prepare(language: str, root: Path, counted: list[Counted], version: str) -> Place:
    """Installs the versions that the gate installed, and the project itself."""
    gate_env = next((one.env for one in counted if one.env), None)
    if language == "javascript":
        lock = gate_env / "package-lock.json" if gate_env else None
        if lock and lock.exists():
            (root / lock.name).write_bytes(lock.read_bytes())
        npm("ci" if lock and lock.exists() else "install", "--silent", folder=root)
        return Place(root, root / "node_modules" / ".bin")
    env = root.parent / "env"
    uv = str(_OURS / "uv")
    there = installed(gate_env).values() if gate_env else ()
    wanted = tuple(f"{one.name}=={one.version}" for one in there if not one.direct)
    variables = {"SETUPTOOLS_SCM_PRETEND_VERSION": version, "VIRTUAL_ENV": str(env)}
    for words in (
        ("venv", "--quiet", "--python", sys.executable, str(env)),
        ("pip", "install", "--quiet", *wanted),
        ("pip", "install", "--quiet", "--no-deps", "--editable", "."),
    ):
        done = run((uv, *words), root, variables)
        if done.returncode:
            raise SystemExit(f"uv {words[0]} {words[1]}: {done.stderr[-2000:]}")
    return Place(root, env / "bin")


def by_hand(place: Place, one: Counted) -> ByHand:
    """Raises KeyError for a tool that is not known here."""
    words, count = _TOOLS[one.tool]
    argv = tuple(words(one))
    program = place.bin / argv[0]
    done = run((str(program if program.exists() else _OURS / argv[0]), *argv[1:]), place.root, {"NO_COLOR": "1"})
    if one.tool == "pytest (coverage)":
        # There is something to combine only where the project measures several processes.
        run((str(place.bin / "python"), "-m", "coverage", "combine"), place.root)
        done = run((str(place.bin / "python"), "-m", "coverage", "report", "--fail-under=0"), place.root)
    return ByHand(shlex.join(argv), count(done.stdout + "\n" + done.stderr))


def _kept(*options: str) -> Callable[[Counted], list[str]]:
    """Those words of the gate's command that say what to look at."""

    def kept(one: Counted) -> list[str]:
        return [word for word in shlex.split(one.command) if word.startswith(options)]

    return kept


def _behind(one: Counted, mark: str) -> list[str]:
    words = shlex.split(one.command)
    return words[words.index(mark) + 1 :] if mark in words else []


def _bandit(one: Counted) -> list[str]:
    words = shlex.split(one.command)
    pairs = ([word, words[at + 1]] for at, word in enumerate(words) if word in {"-x", "-c"})
    return ["bandit", "-q", "-r", ".", *(word for pair in pairs for word in pair)]


def _mypy(one: Counted) -> list[str]:
    loose = _kept("--ignore-missing-imports")(one)
    return ["mypy", *loose, *_behind(one, "--")]


def _number(pattern: str, said: str) -> int:
    return sum(int(found) for found in re.findall(pattern, said))


def _findings(pattern: str) -> Callable[[str], str]:
    return lambda said: findings(_number(pattern, said))


def _lines(pattern: str) -> Callable[[str], str]:
    return lambda said: findings(len(re.findall(pattern, said, re.MULTILINE)))


def _pytest(said: str) -> str:
    """The last line: `3 passed, 1 skipped, 2 xfailed in 1.2s`; a test that fails as expected counts as skipped."""
    last = [line for line in said.splitlines() if re.search(r"\d (passed|failed|error)", line)][-1:]
    text = last[0] if last else ""
    return tests(
        passed=_number(r"(\d+) (?:passed|xpassed)", text),
        failed=_number(r"(\d+) (?:failed|error)", text),
        skipped=_number(r"(\d+) (?:skipped|xfailed)", text),
    )


def _coverage(said: str) -> str:
    total = re.search(r"^TOTAL\s+(\d+)\s+(\d+)", said, re.MULTILINE)
    return f"{total[1]} lines, {total[2]} missing" if total else "no total"


def _jest(said: str) -> str:
    text = "".join(re.findall(r"^Tests:.*$", said, re.MULTILINE))
    return tests(
        _number(r"(\d+) passed", text), _number(r"(\d+) failed", text), _number(r"(\d+) (?:skipped|todo)", text)
    )


def _istanbul(said: str) -> str:
    """`Lines : 98.1% ( 52/53 )`."""
    found = re.search(r"Lines\s*:.*\(\s*(\d+)/(\d+)\s*\)", said)
    return f"{found[2]} lines, {int(found[2]) - int(found[1])} missing" if found else "no total"


_TOOLS: dict[str, tuple[Callable[[Counted], list[str]], Callable[[str], str]]] = {
    "pytest": (lambda one: ["python", "-m", "pytest"], _pytest),
    "pytest (coverage)": (
        lambda one: ["python", "-m", "coverage", "run", *_kept("--source", "--omit")(one), "-m", "pytest"],
        _coverage,
    ),
    "ruff": (lambda one: ["ruff", "check", "--no-fix", "."], _findings(r"Found (\d+) errors?")),
    "flake8": (lambda one: ["flake8"], _lines(r"^.+:\d+:\d+: [A-Z]+\d+ ")),
    "black": (lambda one: ["black", "--check", "."], _findings(r"(\d+) files? would be reformatted")),
    "isort": (lambda one: ["isort", "--check-only", "."], _lines(r"^ERROR: ")),
    "mypy": (_mypy, _findings(r"Found (\d+) errors?")),
    "pyright": (lambda one: ["pyright"], _findings(r"(\d+) (?:errors?|warnings?|informations?)\b")),
    "bandit": (_bandit, _lines(r"^>> Issue: ")),
    "jest": (lambda one: ["jest"], _jest),
    "jest (coverage)": (lambda one: ["jest", "--coverage", "--coverageReporters=text-summary"], _istanbul),
    "eslint": (lambda one: ["eslint", "."], _findings(r"✖ (\d+) problems?")),
    "tsc": (lambda one: ["tsc", "--noEmit"], _lines(r"error TS\d+")),
}
