"""The programs that a line of Make, CI or a script starts or installs, behind wrappers such as `uv run` or `npx`."""

import re
import shlex
from collections.abc import Iterator
from functools import lru_cache

_LONGEST = 20_000
_MOST_WORDS = 500
_MOST_WRAPPERS = 20
_VARIABLE = re.compile(r"\$\{\{.*?\}\}|\$\([\w.-]+\)|\$\{[\w.:-]+\}")
_OPERATOR = re.compile(r"[;&|()]+")
_PYTHON = re.compile(r"python[\d.]*|pypy[\d.]*|py")
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=.*", re.DOTALL)
_STARTS_NOTHING = frozenset(
    ("echo", "printf", "rm", "rimraf", "del", "rmdir", "uninstall", "mkdir", "cp", "mv", "touch", "cat", "ls", "git")
)
_WRAPPERS = frozenset(
    (
        "if", "then", "else", "elif", "do", "while", "until", "!", "{", "time", "env", "sudo", "nice", "exec",
        "command", "xvfb-run", "xargs", "uvx", "npx", "bunx", "cross-env", "cross-env-shell", "dotenv", "coverage",
        "nyc", "c8", "node", "$X", "-", "--", "&",
    )
)  # fmt: skip
_RUNNERS = frozenset(
    ("uv", "poetry", "pdm", "pipenv", "hatch", "rye", "pixi", "pipx", "conda", "npm", "pnpm", "yarn", "bun")
)
_RUN = frozenset(("run", "exec", "dlx", "x", "tool"))
_CONTAINERS = frozenset(("docker", "docker-compose", "podman"))
_VALUED = frozenset(
    (
        "--with", "--extra", "--group", "--python", "--only-group", "--with-requirements", "--from", "--package", "-p",
        "--project", "--directory", "--env-file", "-C", "--prefix", "--workspace", "--filter", "-F", "-n", "-u", "-W",
    )
)  # fmt: skip
_INSTALLS = frozenset(("install", "add", "i"))
_COVERAGE_RUNS = frozenset(("run", "report", "xml", "html", "json", "lcov", "combine"))
_MEASURES = re.compile(r"(--(?:cov|coverage|with-coverage))(?:[=.-](?!false).*)?")
_SERVICE = re.compile(r"(codecov|coveralls)(?:\.io|app)")


@lru_cache(maxsize=4096)
def started(line: str) -> tuple[tuple[str, ...], ...]:
    """Its commands, each from its program on; once more behind every wrapper."""
    found: list[tuple[str, ...]] = []
    for command in _commands(line):
        words = command
        for _ in range(_MOST_WRAPPERS):
            if not words or _name(words[0]) in _STARTS_NOTHING:
                break
            found.append(tuple(words))
            if _name(words[0]) in ("sh", "bash", "concurrently"):
                found += [each for word in words[1:] if " " in word for each in started(word)]
            words = _behind_wrapper(words)
    return tuple(found)


def asks_for(line: str, program: str) -> bool:
    """Whether a line starts or installs the program; `npm audit` is one too."""
    wanted = program.split()
    for words in started(line):
        if is_program(words[0], wanted[0]) and list(words[1 : len(wanted)]) == wanted[1:]:
            return True
        at = next((number for number, word in enumerate(words[:5]) if word in _INSTALLS), len(words))
        if any(is_program(word, program) for word in words[at + 1 :]):
            return True
    return False


def measures_coverage(line: str) -> str:
    """The word by which a line measures coverage, or hands it to a service; "" for one that does not."""
    for words in started(line):
        if is_program(words[0], "coverage") and not _COVERAGE_RUNS.isdisjoint(words[1:2]):
            return "coverage"
        if option := next((match[1] for word in words if (match := _MEASURES.fullmatch(word))), ""):
            return option
        if service := _SERVICE.search(" ".join(words)):
            return service[1]
    names = ("pytest-cov", "nyc", "c8", "codecov", "coveralls", "python-coveralls", "codecov-cli")
    return next((name for name in names if asks_for(line, name)), "")


@lru_cache(maxsize=4096)
def is_program(word: str, program: str) -> bool:
    """Whether a word is the program: in a folder, with a version or extras (`.venv/bin/black`, `ruff@0.9`)."""
    return bool(
        re.fullmatch(rf"(?:.*/)?{re.escape(program)}(?:\[[^\]]*\])?(?:\.js|\.exe|[=<>!~@].*)?", word, re.DOTALL)
    )


def _name(word: str) -> str:
    return word.rpartition("/")[2]


def _commands(line: str) -> Iterator[list[str]]:
    if len(line) > _LONGEST:
        return
    text = _VARIABLE.sub("$X", line).replace("`", " ; ")
    lexer = shlex.shlex(text, posix=True, punctuation_chars=";&|()")
    lexer.whitespace_split, lexer.commenters = True, ""
    try:
        words = list(lexer)
    except ValueError:  # a quote that ends on another line
        words = re.split(r"\s+|([;&|()]+)", text.replace('"', " ").replace("'", " "))
    command: list[str] = []
    for word in (*words, ";"):
        if word and _OPERATOR.fullmatch(word):
            yield command[:_MOST_WORDS]
            command = []
        elif word:
            command.append(word)


def _behind_wrapper(words: list[str]) -> list[str]:
    """What a wrapper starts, [] where there is none."""
    name, rest = _name(words[0]), words[1:]
    if _PYTHON.fullmatch(name) or name in _WRAPPERS or _ASSIGNMENT.fullmatch(words[0]):
        rest = _without_options(rest)
        return rest[1:] if (name, rest[:1]) == ("coverage", ["run"]) else rest
    if name == "$X" or words[0].startswith("$X"):
        return _without_options(rest)
    if name in _RUNNERS:
        rest = _without_options(rest)
        if rest[:1] == ["workspace"]:
            rest = rest[2:]
        while rest[:1] and rest[0] in _RUN:
            rest = _without_options(rest[1:])
        return rest
    if name in _CONTAINERS:
        at = next((number for number, word in enumerate(rest[:5]) if word in ("run", "exec")), len(rest))
        return _without_options(rest[at + 1 :])[1:]
    return []


def _without_options(words: list[str]) -> list[str]:
    while words and words[0].startswith("-"):
        words = words[2:] if words[0] in _VALUED else words[1:]
    return words
