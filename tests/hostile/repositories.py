"""The hostile repositories: what is on main, and what the hostile pull request changes.

In each, what must not be possible makes a check fail that else succeeds, so that the checks named in `succeed` say that
the hostile code ran to its end and could do nothing.
"""

import json
import os
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from simulator.github.git import Files, Symlink
from tests.wheels import make_wheels

PYTHON = os.path.realpath(sys.executable)
_PROBE = (Path(__file__).parent / "probe.py").read_text()


@dataclass(frozen=True)
class HostileRepository:
    """`branch` is the hostile pull request's. `fails` are the checks whose failure is the right verdict; `fixed` is what
    files hold after the automatic fix."""

    base: Files
    change: Files
    succeed: tuple[str, ...]
    fails: tuple[str, ...] = ()
    branch: str = "change"
    fixed: Mapping[str, str] = field(default_factory=dict)


def repositories(facts: Mapping[str, Any], folder: Path) -> dict[str, HostileRepository]:
    """Each by what is hostile in it. `facts` are those of the host for the probe."""
    probe = {"probe.py": _PROBE, "facts.json": json.dumps(facts)}
    return {
        "install step": _install_step(probe, folder),
        "tools": _tools(probe),
        "fix": _fix(probe, folder),
        "configuration": _configuration(probe, facts),
        "names": _names(facts),
    }


def _config(**checks: Mapping[str, object]) -> dict[str, str]:
    off = {name: {"enabled": False} for name in ("dependencies", "coverage", "security", "performance")}
    return {".github/autobuild.yml": json.dumps({"version": 1, "checks": {**off, **checks}})}


# An in-tree build backend: whoever installs the project runs it, with a writable environment and cache.
_BACKEND = '''
import base64, hashlib, os, sys, zipfile
sys.path.insert(0, os.getcwd())
import probe

FOUND = probe.escapes(installing=True)
TARGET = probe.FACTS["write"][0]

def plant(path, target):
    """A link where the host, or a later run, may open, write or remove something."""
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        os.symlink(target, path)
    except OSError:
        pass

for place in ("/env", "/cache", "/out", "/src"):
    for name in ("planted", "bin/ruff", "bin/pytest.link", "installed.json", ".lock", "build-output", "node_modules"):
        plant(f"{place}/{name}", TARGET)
os.makedirs("/src/sub/.git", exist_ok=True)
with open("/src/sub/.git/config", "w") as file:
    file.write(f"[core]\\n\\tfsmonitor = touch {TARGET}/{probe.FACTS['mark']}-fsmonitor\\n")

def get_requires_for_build_editable(config_settings=None):
    return []

get_requires_for_build_wheel = get_requires_for_build_editable

def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    with open("sample/found.py", "w") as file:
        file.write(f"FOUND = {FOUND!r}\\n")
    name = "sample-1-py3-none-any.whl"
    files = {
        "sample.pth": os.getcwd() + "\\n",
        "sample-1.dist-info/METADATA": "Metadata-Version: 2.1\\nName: sample\\nVersion: 1\\n",
        "sample-1.dist-info/WHEEL": "Wheel-Version: 1.0\\nGenerator: x\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    }
    with zipfile.ZipFile(os.path.join(wheel_directory, name), "w") as wheel:
        for path, text in files.items():
            wheel.writestr(path, text)
        wheel.writestr("sample-1.dist-info/RECORD", "".join(f"{path},,\\n" for path in files))
    return name

build_wheel = build_editable
'''

_TEST = """
import probe
from sample import found


def test_nothing_was_possible_in_the_install_step():
    assert found.FOUND == []


def test_nothing_is_possible_in_a_test():
    assert probe.escapes() == []
"""


def _install_step(probe: Mapping[str, str], folder: Path) -> HostileRepository:
    """A build backend of the tree, and a test suite, both of which try everything."""
    wheels = {
        f"wheels/{path.name}": path.read_bytes()
        for path in make_wheels(folder / "wheels", "pytest", "coverage").iterdir()
    }
    honest = {
        "pyproject.toml": '[project]\nname = "other"\nversion = "1"\n',
        "uv.toml": 'no-index = true\nfind-links = ["wheels"]\n',
        "sample/__init__.py": "",
        "test_sample.py": "def test_one():\n    pass\n",
    }
    hostile = {
        "pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
        '[project]\nname = "sample"\nversion = "1"\n',
        "backend.py": _BACKEND,
        "test_sample.py": _TEST,
    }
    config = _config(linting={"enabled": False}, static_analysis={"enabled": False})
    return HostileRepository({**config, **honest, **wheels}, {**hostile, **probe}, ("unit_tests",))


def _tools(probe: Mapping[str, str]) -> HostileRepository:
    """Commands of the configuration whose program is the head's, and a type checker's plug-in."""
    plugin = (
        "import os, sys\nsys.path.insert(0, os.getcwd())\nimport probe\n"
        "found = probe.escapes()\n"
        "if found:\n    raise SystemExit(f'escaped: {found}')\n"
        "from mypy.plugin import Plugin\n"
        "def plugin(version):\n    return Plugin\n"
    )
    base = {
        **_config(
            linting={"command": f"{PYTHON} probe.py", "format": "text", "timeout": "300s"},
            unit_tests={"enabled": False},
        ),
        "pyproject.toml": "[tool.mypy]\n",
        "uv.toml": "no-index = true\n",
        "probe.py": "",
        "sample.py": "ONE: int = 1\n",
    }
    change = {
        **probe,
        "plugin.py": plugin,
        "pyproject.toml": '[tool.mypy]\nplugins = ["plugin.py"]\nfiles = ["sample.py"]\n',
    }
    return HostileRepository(base, change, ("linting", "static_analysis"))


# A linter of the project's own, which reports one finding, and tries everything when it is asked to fix that.
_LINTER = """
import json, os, sys

def main():
    options = dict(word.partition("=")[::2] for word in sys.argv[1:])
    if "--version" in options:
        print("ruff 99.0")
    elif "--fix-only" in options:
        fix()
    elif "--output-file" in options:
        place = {"row": 1, "column": 1}
        finding = {"code": "F401", "filename": "sample.py", "location": place, "end_location": place, "message": "x"}
        old = open("sample.py").read().startswith("import os")
        with open(options["--output-file"], "w") as file:
            json.dump([{**finding, "fix": {"applicability": "safe"}}] if old else [], file)

def fix():
    sys.path.insert(0, os.getcwd())
    import probe

    found = probe.escapes()
    with open("sample.py", "w") as file:
        file.write(f"FOUND = {found!r}\\n")
    run = f"touch {probe.FACTS['write'][0]}/{probe.FACTS['mark']}-git"
    for place in (".git", "sub/.git", "sub/.GIT"):
        os.makedirs(f"{place}/hooks", exist_ok=True)
        os.makedirs(f"{place}/objects", exist_ok=True)
        os.makedirs(f"{place}/refs", exist_ok=True)
        with open(f"{place}/HEAD", "w") as file:
            file.write("ref: refs/heads/main\\n")
        with open(f"{place}/config", "w") as file:
            file.write(f"[core]\\n\\tfsmonitor = {run}\\n\\thooksPath = hooks\\n[filter \\"x\\"]\\n\\tclean = {run}\\n")
    with open(".gitattributes", "w") as file:
        file.write("* filter=x\\n")
    for name, replace in (
        ("one.txt", lambda: os.symlink(probe.FACTS["read"][0], "one.txt")),
        ("two.txt", lambda: os.mkfifo("two.txt")),
        ("three.txt", lambda: os.makedirs("three.txt/.git")),
        ("four.txt", lambda: os.symlink("/dev/zero", "four.txt")),
    ):
        os.unlink(name)
        replace()
"""


def _fix(probe: Mapping[str, str], folder: Path) -> HostileRepository:
    """A linter of the project's own, whose fix leaves links, pipes, and repositories whose configuration names commands."""
    path = folder / "ruff-99.0-py3-none-any.whl"
    about = "ruff-99.0.dist-info"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("ruff_99.py", _LINTER)
        wheel.writestr(f"{about}/METADATA", "Metadata-Version: 2.1\nName: ruff\nVersion: 99.0\n")
        wheel.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{about}/entry_points.txt", "[console_scripts]\nruff = ruff_99:main\n")
        wheel.writestr(f"{about}/RECORD", "")
    config = _config(unit_tests={"enabled": False}, static_analysis={"enabled": False})
    settings = json.loads(config[".github/autobuild.yml"]) | {"autofix": "commit"}
    texts = {f"{name}.txt": name for name in ("one", "two", "three", "four")}
    project = '[project]\nname = "sample"\nversion = "1"\n[tool.ruff]\n'
    base = {
        ".github/autobuild.yml": json.dumps(settings),
        "pyproject.toml": project,
        "uv.toml": 'no-index = true\nfind-links = ["wheels"]\n',
        "sample.py": "",
        **texts,
    }
    change: dict[str, str | bytes] = {
        "pyproject.toml": project + '[dependency-groups]\ndev = ["ruff==99.0"]\n',
        f"wheels/{path.name}": path.read_bytes(),
        "sample.py": "import os\n",
        **probe,
    }
    return HostileRepository(base, change, (), fails=("linting",), fixed={**texts, "sample.py": "FOUND = []\n"})


def _configuration(probe: Mapping[str, str], facts: Mapping[str, Any]) -> HostileRepository:
    """The head's own configuration: it switches off what fails, and would run commands with the network."""
    place = f"{facts['write'][0]}/{facts['mark']}"
    base = _config(
        linting={"command": "cat lint.txt", "format": "text"},
        unit_tests={"enabled": False},
        static_analysis={"enabled": False},
    )
    hostile = {
        "version": 1,
        "threshold": 1,
        "checks": {
            "linting": {"enabled": False},
            "security": {"command": f"touch {place}; echo hostile.py:1: error: ran", "format": "text"},
            "unit_tests": {"install": f"touch {place}", "command": f"touch {place}", "format": "junit"},
        },
    }
    change = {
        ".github/autobuild.yml": json.dumps(hostile),
        ".autobuild.yml": json.dumps(hostile),
        "lint.txt": "a.txt:1: error: this is new\n",
        "a.txt": "x\n",
        **probe,
    }
    return HostileRepository({**base, "lint.txt": ""}, change, (), fails=("linting",))


def _names(facts: Mapping[str, Any]) -> HostileRepository:
    """Names and links that lead a program astray: as options, as shell, as another host's files."""
    touch = f"touch {facts['write'][0]}/{facts['mark']}".replace("/", "${SLASH:=/}")
    secret = facts["read"][0]
    links = {
        "pyproject.toml": secret,
        "setup.cfg": "/proc/self/environ",
        "package.json": secret,
        "tests": "/",
        "requirements.txt": secret,
        "conftest.py": secret,
        "src": str(Path(secret).parent),
        "loop": "loop",
        ".github/CODEOWNERS": secret,
        "uv.lock": "/dev/zero",
        "ruff.toml": "/proc/kcore",
    }
    files: dict[str, str] = dict.fromkeys(
        (
            f"$({touch}).py",
            f"`{touch}`.py",
            f"; {touch};.py",
            "--config=x.py",
            "-rf.py",
            "line\nfeed.py",
            "es\x1b]52;c;aGk=\x07cape.py",
            "right\u202eleft.py",
            "quo\"te'.py",
            "<img src=x onerror=alert(1)>.py",
            "| a | b |.py",
            "a" * 200 + ".py",
            "COM1.py",
            "nul�.py",
        ),
        "import os\n",
    )
    base = {
        **_config(linting={"command": "true", "format": "text"}, unit_tests={"enabled": False}),
        "uv.toml": "no-index = true\n",
        "sample.py": "",
    }
    change: dict[str, Any] = {**files, **{name: Symlink(target) for name, target in links.items()}}
    return HostileRepository(base, change, ("linting",), branch=f"x;{'touch${IFS}' + facts['mark']};")
