"""What tox would do in the environment that fits this interpreter: read from its files, and never run.

Conditions by factors, generated lists of environments and references to other sections are resolved as tox does. A
value that needs tox itself is left out.
"""

import itertools
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from activities.languages.ini_files import read_ini
from activities.languages.python.config import toml, toml_table
from activities.languages.python.declared_tests import DeclaredTests, split, with_command
from activities.tooling import Project

ROOT = "{tox_root}"
"""Stands for the project's folder in the values of variables: each run has its own."""

_LARGEST = 200_000
_MOST, _MOST_OWN = 2000, 50
_CONDITION = re.compile(r"(?P<factors>[A-Za-z0-9_.,{}!-]+)\s*:\s+(?P<value>.*)")
_REFERENCE = re.compile(r"\{\[(?P<section>[^\]{}]+)\](?P<key>[\w-]+)\}")
_KNOWN = (
    (re.compile(r"\{(?:toxinidir|tox_root|package_root)\}"), ROOT),
    (re.compile(r"\{(?:envtmpdir|env_tmp_dir|toxworkdir|work_dir|tox_work_dir|temp_dir|envdir|env_dir)\}"), "/tmp/tox"),
    (re.compile(r"\{(?:envbindir|env_bin_dir)\}/"), ""),
    (re.compile(r"\{(?:envpython|env_python)\}"), "python"),
    (re.compile(r"\{/\}"), "/"),
    (re.compile(r"\{:\}"), ":"),
    (re.compile(r"\{(?:posargs|env:[\w]+)(?::(?P<default>[^{}]*))?\}"), r"\g<default>"),
)
_UNKNOWN = re.compile(r"\{(?!tox_root\}|envname\}|env_name\})[^{}]*\}")
# Environments for one end of the supported versions, which are not what people run at hand.
_UNUSUAL = frozenset(
    ("min", "minimum", "minimal", "oldest", "lowest", "main", "master", "dev", "devel", "nightly", "pre", "latest")
)
_A_PART = frozenset(("smoke", "bench", "benchmark", "benchmarks", "doc", "docs", "doctest", "doctests", "quick"))
"""Factors of environments that run a part of the tests, or something else by the same runner."""
_SUITE = re.compile(r"(?:py|test|unit|[23]\.?\d).*")
_MOST_LINES, _LONGEST_LINE, _LONGEST_NAME = 2000, 20_000, 200


@dataclass(frozen=True)
class _Tox:
    """Sections of tox's files, by name: `testenv`, `testenv:py311`. Values are texts as in tox.ini, or TOML's."""

    file: str
    environments: tuple[str, ...]
    sections: Mapping[str, Mapping[str, Any]]
    is_toml: bool = False


def tox_environments(project: Project) -> tuple[str, ...]:
    """The names in tox's list of environments."""
    tox = _read(project)
    return tox.environments if tox else ()


def tox_tests(project: Project) -> DeclaredTests:
    """The environment that runs tests and fits this interpreter best, nothing found without one."""
    tox = _read(project)
    if tox is None:
        return DeclaredTests()
    own = [name.partition(":")[2] for name in tox.sections if name.startswith("testenv:")]
    names = [name for name in dict.fromkeys((*tox.environments, *own, "py")) if len(name) <= _LONGEST_NAME][:_MOST]
    best_first = sorted(names, key=lambda name: _fit(name, tox), reverse=True)  # equal ones stay in their order
    return next((found for name in best_first if (found := _environment(tox, name)).runner), DeclaredTests())


def tox_own_environments(project: Project) -> Iterator[DeclaredTests]:
    """Those that have a section of their own."""
    if tox := _read(project):
        own = [name.partition(":")[2] for name in tox.sections if name.startswith("testenv:")]
        yield from (_environment(tox, name) for name in own[:_MOST_OWN] if len(name) <= _LONGEST_NAME)


def _fit(name: str, tox: _Tox) -> tuple[bool, int, int, bool]:
    """The greater, the better: an environment of the list that runs the suite, for this interpreter."""
    factors = set(re.split("[-._]", name))
    version = f"{sys.version_info.major}{sys.version_info.minor}"
    dotted = f"{sys.version_info.major}.{sys.version_info.minor}"
    exact = f"py{version}" in factors or version in factors or f"py{dotted}" in name or dotted in name.split("-")
    other = any(re.fullmatch(r"(?:py|pypy|python)?[23]\d+", factor) or factor.startswith("pypy") for factor in factors)
    part = bool(factors & _A_PART)
    inherits = "commands" not in tox.sections.get(f"testenv:{name}", {})
    suite = 0 if part else 2 if _SUITE.fullmatch(name) else int(inherits)
    return name in tox.environments and not part, suite, 2 if exact else 0 if other else 1, not factors & _UNUSUAL


def _environment(tox: _Tox, name: str) -> DeclaredTests:
    """What tox does in the environment of that name."""
    factors = frozenset(name.split("-"))
    base, own = tox.sections.get("testenv", {}), tox.sections.get(f"testenv:{name}", {})
    section = f"testenv:{name}" if f"testenv:{name}" in tox.sections else "testenv"
    if tox.is_toml:
        section = ("tool.tox." if tox.file == "pyproject.toml" else "") + (f"env.{name}" if own else "env_run_base")

    def lines(*keys: str) -> list[str]:
        value = next((table[key] for table in (own, base) for key in keys if key in table), "")
        read = _lines(tox, value, factors, iter(range(_MOST_LINES)))
        return [line.replace("{envname}", name).replace("{env_name}", name) for line in read]

    found = DeclaredTests(f"{tox.file} [{section}]").with_requirements(
        line.replace(f"{ROOT}/", "") for line in lines("deps")
    )
    pairs = (line.partition("=") for line in lines("set_env", "setenv") if "=" in line and not line.startswith("file|"))
    found = replace(
        found,
        variables=tuple((key.strip(), value.strip()) for key, _, value in pairs),
        extras=(*found.extras, *(word for line in lines("extras") for word in re.split(r"[,\s]+", line))),
        groups=tuple(word for line in lines("dependency_groups") for word in re.split(r"[,\s]+", line)),
    )
    folder = "".join(lines("change_dir", "changedir")).replace(ROOT, ".").strip() or "."
    if folder.removeprefix("./") not in (".", ""):
        return found  # started in another folder: its words mean other files
    for command in lines("commands"):
        found = with_command(found, split(command.replace(f"{ROOT}/", "").replace(ROOT, ".")))
    return found


def _lines(tox: _Tox, value: object, factors: frozenset[str], left: Iterator[int], depth: int = 8) -> Iterator[str]:
    """The lines of a value that hold in an environment of these factors, with what is plain put in. `left` ends it
    where references multiply."""
    for line, _ in zip(_texts(value) if depth else (), left, strict=False):
        match = None if line.startswith("-") else _CONDITION.fullmatch(line)
        if match and not any(_holds(each, factors) for each in _expanded(match["factors"])):
            continue
        text = match["value"].strip() if match else line
        if reference := _REFERENCE.search(text):
            inner = tox.sections.get(reference["section"], {}).get(reference["key"], "")
            for each in _lines(tox, inner, factors, left, depth - 1):
                if len(text) + text.count(reference[0]) * len(each) <= _LONGEST_LINE:
                    yield from _lines(tox, text.replace(reference[0], each), factors, left, depth - 1)
            continue
        for pattern, plain in (*_KNOWN, *_KNOWN):  # a default may hold another one
            text = pattern.sub(plain, text)
        if text and not _UNKNOWN.search(text):
            yield text


def _texts(value: object) -> Iterator[str]:
    """The lines of a text of tox.ini, where a backslash joins two; of TOML's lists, a command being a list too."""
    if isinstance(value, str):
        for line in value.replace("\\\n", " ").splitlines():
            if line.strip() and not line.strip().startswith("#"):
                yield line.strip()
    elif isinstance(value, dict):
        yield from (f"{key} = {each}" for key, each in value.items() if isinstance(each, str))
    elif isinstance(value, list):
        for each in value:
            if isinstance(each, list):
                words = [word for part in each for word in _words(part)]
                yield " ".join(word if re.fullmatch(r"[\w{}./:=,\[\]+-]+", word) else f"'{word}'" for word in words)
            else:
                yield from _texts(each) if isinstance(each, str) else ()


def _words(part: object) -> Iterator[str]:
    """A word of a TOML command; `{replace = "posargs", default = […]}` is its default."""
    if isinstance(part, str):
        yield part
    elif isinstance(part, dict) and isinstance(part.get("default"), list):
        yield from (word for word in part["default"] if isinstance(word, str))


def _holds(condition: str, factors: frozenset[str]) -> bool:
    return all(
        (factor[1:] not in factors) if factor.startswith("!") else factor in factors for factor in condition.split("-")
    )


def _expanded(text: str) -> Iterator[str]:
    """`py{310,311}-a, b` → py310-a, py311-a, b. A range of numbers counts as its numbers."""
    depth, start, parts = 0, 0, []
    for number, sign in enumerate(text):
        depth += (sign == "{") - (sign == "}")
        if depth == 0 and sign in ",\n":
            parts.append(text[start:number])
            start = number + 1
    for part in (*parts, text[start:]):
        pieces = re.split(r"\{([^{}]*)\}", part.strip())
        choices = [_choices(piece) if number % 2 else [piece] for number, piece in enumerate(pieces)]
        for chosen in itertools.islice(itertools.product(*choices), _MOST):
            name = "".join(chosen).replace(" ", "")
            if name:
                yield name.strip("-")


def _choices(text: str) -> list[str]:
    found: list[str] = []
    for each in text.split(","):
        if match := re.fullmatch(r"\s*(\d{1,6})-(\d{1,6})\s*", each):
            found += [str(number) for number in range(int(match[1]), min(int(match[2]), int(match[1]) + 100) + 1)]
        else:
            found.append(each.strip())
    return found


def _read(project: Project) -> _Tox | None:
    """The first of tox's files, in its own order."""
    for file, prefix in (("tox.ini", ""), ("setup.cfg", "tox:")):
        if tox := _of_ini(file, project.read(file), prefix):
            return tox
    table = toml_table(project, "tool.tox")
    if isinstance(legacy := table.get("legacy_tox_ini"), str):
        return _of_ini("pyproject.toml", legacy, "")
    return _of_toml("pyproject.toml", table) or _of_toml("tox.toml", toml(project.read("tox.toml")))


def _of_ini(file: str, text: str, prefix: str) -> _Tox | None:
    if len(text) > _LARGEST or (f"[{prefix}tox" not in text and "[testenv" not in text):
        return None
    if (sections := read_ini(text)) is None:
        return None
    tox = sections.get(f"{prefix}tox", sections.get("tox", {}))
    listed = "\n".join(_texts(tox.get("env_list") or tox.get("envlist") or ""))
    return _Tox(file, tuple(itertools.islice(_expanded(listed), _MOST)), sections)


def _of_toml(file: str, table: Mapping[str, Any]) -> _Tox | None:
    base, own = table.get("env_run_base"), table.get("env")
    own = own if isinstance(own, dict) else {}
    if not isinstance(base, dict) and not own:
        return None
    listed = table.get("env_list")
    names = tuple(name for name in (listed if isinstance(listed, list) else []) if isinstance(name, str))
    tables = {f"testenv:{name}": each for name, each in own.items() if isinstance(each, dict)}
    return _Tox(file, names, {"testenv": base if isinstance(base, dict) else {}, **tables}, is_toml=True)
