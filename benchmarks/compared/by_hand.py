"""What a repository's CI runs, started by a shell in a clone of it, and what it prints counted as a person would."""

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

from .by_the_gate import findings, tests
from .clones import NotMeasured, run
from .repositories import Repository

_ENVIRONMENT = {"CI": "true", "npm_config_fund": "false", "npm_config_audit": "false"}
_ORDINARY = 1000
_COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def by_hand(repository: Repository, root: Path) -> dict[str, str]:
    """Tool → counts. Python's programs are those of `.venv`, JavaScript's are started by npx. Root does it as another
    user, since tests may find out who runs them, and a sandbox's are never root."""
    home, user = root.parents[1] / "home", _ORDINARY if os.geteuid() == 0 else None
    home.mkdir(exist_ok=True)
    if user is not None:
        subprocess.run(["chown", "-R", f"{user}:{user}", root, home], check=True)
    env = {**_ENVIRONMENT, **{name: str(root / ".venv") for name in ("VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT")}}
    env |= {"HOME": str(home), "XDG_CACHE_HOME": str(home / ".cache"), "PYTHONPATH": f"{root / 'src'}:{root}"}
    for line in repository.setup:
        done = run(line, root, env, user)
        if done.returncode:
            raise NotMeasured(f"{repository.name}: {line}: {(done.stdout + done.stderr)[-2000:]}")
    found = {}
    for tool, line in repository.commands.items():
        # By another pipe, since only the owner of one may open /dev/stdout.
        done = run(f'PATH="$VIRTUAL_ENV/bin:$PATH"; ({line}) 2>&1 | cat', root, env, user)
        said = _COLOUR.sub("", f"{done.stdout}\n{done.stderr}")
        root.with_name(f"by-hand {tool}.txt").write_text(said, "utf-8")
        found[tool] = COUNTS[tool](said)
    return found


def _number(pattern: str, said: str) -> int:
    return sum(int(found) for found in re.findall(pattern, said, re.MULTILINE))


def _sum(pattern: str) -> Callable[[str], str]:
    return lambda said: findings(_number(pattern, said))


def _lines(pattern: str) -> Callable[[str], str]:
    return lambda said: findings(len(re.findall(pattern, said, re.MULTILINE)))


def _pytest(said: str) -> str:
    """The last line: `3 passed, 1 skipped, 2 xfailed in 1.2s`, or pytest-pretty's block of lines; a test that fails as
    expected counts as skipped."""
    lines = re.findall(r"^=*\s*((?:\d+ \w+, )*\d+ \w+ in \d.*)$", said, re.MULTILINE)
    text = "\n".join(lines) or said.rpartition("\nResults (")[2]
    return tests(
        passed=_number(r"(\d+) (?:passed|xpassed)", text),
        failed=_number(r"(\d+) (?:failed|error)", text),
        skipped=_number(r"(\d+) (?:skipped|xfailed)", text),
    )


def _unittest(said: str) -> str:
    """`Ran 5 tests in 0.1s`, then `FAILED (failures=1, errors=1, skipped=2, expected failures=1)`."""
    last = "\n".join(re.findall(r"^(?:OK|FAILED).*$", said, re.MULTILINE))
    failed = _number(r"\b(?:failures|errors|unexpected successes)=(\d+)", re.sub(r"expected failures=\d+", "", last))
    skipped = _number(r"(?:skipped|expected failures)=(\d+)", last)
    return tests(_number(r"^Ran (\d+) tests?", said) - failed - skipped, failed, skipped)


def _coverage(said: str) -> str:
    total = re.search(r"^TOTAL\s+(\d+)\s+(\d+)", said, re.MULTILINE)
    return f"{total[1]} lines, {total[2]} missing" if total else "no total"


def _summary(start: str) -> Callable[[str], str]:
    """Of jest and vitest: `Tests: 1 failed, 2 skipped, 23 passed, 26 total`."""

    def counted(said: str) -> str:
        text = "\n".join(re.findall(rf"^\s*{start}.*$", said, re.MULTILINE))
        return tests(
            _number(r"(\d+) passed", text),
            _number(r"(\d+) failed", text),
            _number(r"(\d+) (?:skipped|todo|expected fail)", text),
        )

    return counted


def _counters(passed: str, failed: str, skipped: str) -> Callable[[str], str]:
    return lambda said: tests(_number(passed, said), _number(failed, said), _number(skipped, said))


def _node_test(said: str) -> str:
    """node's own summary, or TAP: the points of the plan, where one that is skipped or to do is `ok … # SKIP`."""
    points = re.findall(r"^(not ok|ok)\b(.*)$", said, re.MULTILINE)
    if not points:
        return _counters(r"^. pass (\d+)", r"^. (?:fail|cancelled) (\d+)", r"^. (?:skipped|todo) (\d+)")(said)
    skipped = sum(bool(re.search(r"# (?:skip|todo)", rest, re.IGNORECASE)) for _, rest in points)
    failed = sum(word == "not ok" and not re.search(r"# todo", rest, re.IGNORECASE) for word, rest in points)
    return tests(len(points) - failed - skipped, failed, skipped)


def _istanbul(said: str) -> str:
    """`Lines : 98.1% ( 52/53 )`."""
    found = re.search(r"Lines\s*:.*\(\s*(\d+)/(\d+)\s*\)", said)
    return f"{found[2]} lines, {int(found[2]) - int(found[1])} missing" if found else "no total"


COUNTS: dict[str, Callable[[str], str]] = {
    "pytest": _pytest,
    "pytest (coverage)": _coverage,
    "unittest": _unittest,
    "unittest (coverage)": _coverage,
    "ruff": _sum(r"^Found (\d+) errors?"),
    "flake8": _lines(r"^.+:\d+:\d+: [A-Z]+\d+ "),
    "black": _sum(r"(\d+) files? would be reformatted"),
    "isort": _lines(r"^ERROR: "),
    "pylint": _lines(r"^.+:\d+:\d+: [A-Z]\d+: "),
    "mypy": _sum(r"^Found (\d+) errors?"),
    "pyright": _sum(r"(\d+) (?:errors?|warnings?|informations?)\b"),
    "bandit": _lines(r"^>> Issue: "),
    "jest": _summary("Tests:"),
    "jest (coverage)": _istanbul,
    "vitest": _summary(r"Tests\s"),
    "vitest (coverage)": _istanbul,
    "mocha": _counters(r"^\s*(\d+) passing", r"^\s*(\d+) failing", r"^\s*(\d+) pending"),
    "mocha (coverage)": _istanbul,
    "ava": _counters(r"(\d+) tests? passed", r"(\d+) tests? failed", r"(\d+) tests? (?:skipped|todo)"),
    "node-test": _node_test,
    "node-test (coverage)": _istanbul,
    "eslint": _sum(r"^✖ (\d+) problems?"),
    "xo": _sum(r"^\s*(\d+) (?:errors?|warnings?)$"),
    "standard": _lines(r"^\s+.+:\d+:\d+: "),
    "biome": _sum(r"^Found (\d+) (?:errors?|warnings?|infos?)\."),
    "prettier": _lines(r"^\[warn\] (?!Code style issues)"),
    "tsc": _lines(r"error TS\d+"),
}
