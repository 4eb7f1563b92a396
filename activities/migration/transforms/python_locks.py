"""How Python's package managers write their lock files anew: in the version that wrote them, and moving only what
has to move.

Programs come from PyPI by `uv tool run`. Where a project has to be built to say what it needs, its code is run: in the
sandbox, as for an installation.
"""

import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from packaging.requirements import Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from activities.languages.python.assumed_version import version_variables
from activities.languages.python.config import toml_table
from activities.languages.python.install import UV
from activities.languages.python.interpreters import chosen_python, host_pythons
from activities.languages.python.pipfile import pipfile_lock, pipfile_requirements
from activities.languages.python.workspace import workspace_home
from activities.migration.python.compiled import CompiledFile
from activities.migration.transforms.lock_plans import LockKind, LockPlan
from activities.tooling import Project

_UV_OF_REVISION = {0: "0.5.31", 1: "0.6.14", 2: "0.7.22", 3: "0.12.0"}
"""A newer uv writes more into every entry. Our own writes what comes after these."""
_PDM = (((4, 4, 1), "2.12.4"), ((4, 5), "2.15.4"), ((4, 5, 1), "2.26.1"))
"""Before that version of the lock file → the pdm that writes it, or the first that moves only what has to move."""
_PIPENV = "pipenv==2025.0.4"
_PYPI = "https://pypi.org/simple"
_INDEX = f"${{UV_DEFAULT_INDEX:-${{UV_INDEX_URL:-${{PIP_INDEX_URL:-{_PYPI}}}}}}}"
_REGISTRY = re.compile(r'(registry = )"([^"\n]+)"')
_ADDRESS = re.compile(r'url = "([^"\n]+)/([^"/\n]+)"')
_DECIDING = ("name", "version", "requires-python", "dependencies", "optional-dependencies", "dynamic")
_MANAGERS = ("uv", "poetry", "pdm", "setuptools", "hatch", "flit")
_DESCRIBING = frozenset(("classifiers", "description", "keywords", "scripts", "urls", "include", "exclude"))


def decides_packages(path: str, before: bytes | None, after: bytes | None) -> bool:
    """Whether the change of a manifest may be one of packages: most of a pyproject.toml configures tools."""
    if before == after:
        return False
    if not path.endswith("pyproject.toml"):
        return True
    was, now = _deciding(before), _deciding(after)
    return was is None or was != now


def _deciding(content: bytes | None) -> Mapping[str, object] | None:
    try:
        tables = tomllib.loads((content or b"").decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None
    project, tool = _table(tables.get("project")), _table(tables.get("tool"))
    managers = {
        name: {key: value for key, value in _table(tool.get(name)).items() if key not in _DESCRIBING}
        for name in _MANAGERS
    }
    said = {name: project.get(name) for name in _DECIDING}
    return {"project": said, "groups": tables.get("dependency-groups"), "build": tables.get("build-system"), **managers}


def _table(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _python(home: Project) -> str:
    chosen = chosen_python(home)
    return str(chosen.path or chosen.version)


def _tool(python: str, *words: str) -> tuple[str, ...]:
    """A program from PyPI, run by that Python."""
    return (UV, "tool", "run", "--quiet", "--no-config", "--python", python, *words)


def _either(first: Iterable[str], second: str) -> tuple[str, ...]:
    return ("/bin/sh", "-c", f'"$@" || {second}', "sh", *first)


def _plan(home: Project, programs: str, *commands: tuple[str, ...], **env: str) -> LockPlan:
    own = {"UV_CACHE_DIR": f"{programs}/uv", "UV_TOOL_DIR": f"{programs}/tools", "UV_NO_PROGRESS": "1"}
    return LockPlan({}, commands, {**version_variables(home, everywhere=False), **own, **env}, whole=True)


def _uv(home: Project, text: str, programs: str, _lenient: bool) -> LockPlan:
    python = _python(home)
    own = (UV, "lock", "--python", python)
    found = re.search(r"^revision = (\d{1,4})$", text[:1000], re.MULTILINE)
    version = _UV_OF_REVISION.get(int(found[1]) if found else 0, "")
    required = toml_table(home, "tool.uv").get("required-version")
    if isinstance(required, str) and not (version and _admits(required, version)):
        exact = re.fullmatch(r"\s*==\s*([\w.]+)\s*", required)
        version = exact[1] if exact else ""
    if not version:
        return _plan(home, programs, own)
    older = _tool(python, f"uv@{version}", "lock", "--python", python)
    return _plan(home, programs, older if required else _either(older, " ".join(own)))


def _admits(required: str, version: str) -> bool:
    try:
        return SpecifierSet(required).contains(version)
    except InvalidSpecifier:
        return False


def _poetry(home: Project, text: str, programs: str, _lenient: bool) -> LockPlan:
    """PyPI's mirrors have no answers in JSON, which poetry asks for: a plug-in of it reads their pages instead."""
    found = re.search(r"@generated by Poetry (\d+\.\d+\.\d+)", text[:500])
    version = found[1] if found else "1.2.2" if 'lock-version = "1.1"' in text else "1.4.2"
    words = (f"poetry@{version}", "--no-interaction", "lock", *(("--no-update",) if version < "2" else ()))
    first, second = _tool(_python(home), *words), _tool(_python(home), "--with", "poetry-plugin-pypi-mirror", *words)
    mirror = f'POETRY_PYPI_MIRROR_URL="{_INDEX}" {" ".join(second)}'
    env = {"POETRY_VIRTUALENVS_CREATE": "false", "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}
    return _plan(home, programs, _either(first, mirror), POETRY_CACHE_DIR=f"{programs}/poetry", **env)


def _pdm(home: Project, text: str, programs: str, _lenient: bool) -> LockPlan:
    found = re.search(r'^lock_version = "(\d{1,3}(?:\.\d{1,3}){1,3})"$', text[:2000], re.MULTILINE)
    numbers = tuple(int(part) for part in found[1].split(".")) if found else ()
    version = next((version for before, version in _PDM if numbers < before), "")
    # With what it needs as it was released; before pdm 2.17 nothing says that.
    beside = ("--with", "unearth<0.18") if version < "2.17" and version else ()
    python, package = _python(home), f"pdm[locked]=={version}" if version else "pdm[locked]"
    words = _tool(python, "--from", package, *beside, "pdm", "lock", "--update-reuse", "--quiet")
    own = {"PDM_IGNORE_SAVED_PYTHON": "1", "PDM_PYTHON": python, "PDM_CHECK_UPDATE": "0"}
    return _plan(home, programs, words, PDM_CACHE_DIR=f"{programs}/pdm", **own)


_SETTLE_PIPFILE = """
from pipenv.project import Project
project = Project()
lock = project.load_lockfile(expand_env_vars=False)
lock["_meta"].update(project.get_lockfile_meta())
project.write_lockfile(lock)
"""


def _pipenv(home: Project, text: str, programs: str, _lenient: bool) -> LockPlan:
    """`pipenv lock` would move everything, so what moves is named. That changes the Pipfile, which is put back before
    its digest is written."""
    python, locked = _python(home), pipfile_lock(home)
    commands: list[tuple[str, ...]] = [("cp", "Pipfile", "Pipfile.kept")]
    for table, option in (("packages", ()), ("dev-packages", ("--dev",))):
        lines = (line for line in pipfile_requirements(home, table) if not _is_locked(line, locked))
        commands += (_tool(python, _PIPENV, "upgrade", *option, line) for line in lines)
    own = {"PIPENV_VENV_IN_PROJECT": "1", "PIPENV_NOSPIN": "1", "PIPENV_YES": "1", "PIPENV_PYTHON": python}
    settle = _tool(python, "--from", _PIPENV, "python", "-c", _SETTLE_PIPFILE)
    commands += [("cp", "Pipfile.kept", "Pipfile"), settle]
    return _plan(home, programs, *commands, PIPENV_CACHE_DIR=f"{programs}/pipenv", **own)


def _is_locked(line: str, locked: Mapping[str, str]) -> bool:
    wanted = Requirement(line)
    version = locked.get(canonicalize_name(wanted.name))
    return version is not None and wanted.specifier.contains(version, prereleases=True)


def compiled_kind(compiled: CompiledFile) -> LockKind:
    """Compiled again by its own command, which keeps the versions that still fit."""

    def plan(home: Project, text: str, programs: str, _lenient: bool) -> LockPlan:
        python = host_pythons().get(compiled.python) or compiled.python or _python(home)
        if compiled.program == "uv":
            chosen = () if {"-p", "--python"} & set(compiled.words) else ("--python", str(python))
            words = (UV, "pip", "compile", "--quiet", *compiled.words, *chosen)
        else:
            # What this host says of registries is no part of the file.
            said = (option for option in ("index-url", "find-links", "trusted-host") if f"--{option}" not in text)
            options = (f"--no-emit-{option}" for option in said)
            command = ("--from", "pip-tools", "pip-compile", "--quiet", *compiled.words, *options)
            words = _tool(str(python), *command)
        own = {"CUSTOM_COMPILE_COMMAND": compiled.command, "UV_CUSTOM_COMPILE_COMMAND": compiled.command}
        return _plan(home, programs, words, **own)

    return LockKind((), lambda project: (), plan, compiled.command, _as_it_is)


def _as_it_is(new: str, _before: str) -> str:
    return new


def _with_known_sources(new: str, before: str) -> str:
    """uv.lock, with the registry and the addresses that it named before."""
    registries = Counter(match[2] for match in _REGISTRY.finditer(before))
    if not registries:
        return new
    usual = registries.most_common(1)[0][0]
    text = _REGISTRY.sub(lambda match: match[0] if match[2] in registries else f'{match[1]}"{usual}"', new)
    known = {match[2]: match[1] for match in _ADDRESS.finditer(before)}
    moved: dict[str, str] = {}
    for match in _ADDRESS.finditer(text):
        was, now = known.get(match[2], match[1]), match[1]
        while was != now and was[-1:] == now[-1:] and was:
            was, now = was[:-1], now[:-1]
        if was != now:
            moved[now] = was
    for now, was in sorted(moved.items(), key=lambda pair: -len(pair[0])):
        text = text.replace(f'url = "{now}', f'url = "{was}')
    return text


def _homes(project: Project) -> Iterable[Project]:
    """The project itself, its workspace, and what is around it and names its folder."""
    home = workspace_home(project)
    naming = (one for one in project.around if one.inside(project.folder) in one.read("pyproject.toml"))
    return dict.fromkeys((project, home, *naming))


def _kind(plan: Callable[[Project, str, str, bool], LockPlan], by_hand: str, *manifests: str) -> LockKind:
    return LockKind(manifests, _homes, plan, by_hand, _with_known_sources)


_OF_PROJECT = ("pyproject.toml", "setup.py", "setup.cfg")

PYTHON_LOCKS: Mapping[str, LockKind] = {
    "uv.lock": _kind(_uv, "uv lock", *_OF_PROJECT, "uv.toml"),
    "poetry.lock": _kind(_poetry, "poetry lock", *_OF_PROJECT),
    "pdm.lock": _kind(_pdm, "pdm lock --update-reuse", *_OF_PROJECT),
    "Pipfile.lock": _kind(_pipenv, "pipenv lock", "Pipfile"),
}
