"""A project on disk with a build backend of its own, and packages for it that no registry is asked for."""

import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from activities.languages.python.installed import our_version
from activities.tooling import Project

BACKEND = """
import os, zipfile
VERSION = os.environ.get("SETUPTOOLS_SCM_PRETEND_VERSION_FOR_ME", "0")
def get_requires_for_build_editable(config_settings=None): return []
def build_editable(folder, config_settings=None, metadata_directory=None):
    name = f"me-{VERSION}-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(folder, name), "w") as wheel:
        wheel.writestr("me.pth", os.getcwd() + "\\n")
        wheel.writestr(f"me-{VERSION}.dist-info/METADATA", f"Metadata-Version: 2.1\\nName: me\\nVersion: {VERSION}\\nRequires-Dist: dep\\nRequires-Dist: extra; extra == 'test'\\nProvides-Extra: test\\n")
        wheel.writestr(f"me-{VERSION}.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(f"me-{VERSION}.dist-info/RECORD", "")
    return name
"""
PROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
[project]
name = "me"
dynamic = ["version"]
dependencies = ["dep"]
[project.optional-dependencies]
test = ["extra"]
docs = ["nowhere-docs"]
[dependency-groups]
dev = [{include-group = "lint"}, "grouped"]
lint = ["linter<2"]
docs = ["nowhere-docs"]
"""

Make = Callable[[Mapping[str, str]], Project]


@pytest.fixture
def project(tmp_path: Path) -> Make:
    def make(files: Mapping[str, str]) -> Project:
        for name, text in files.items():
            path = tmp_path / "tree" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return Project(".", tmp_path / "tree", "python")

    return make


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    """A folder of packages that hold a name and a version and nothing else."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    ours = {name: our_version(name) for name in ("pytest", "coverage")}
    listed = [
        ("dep", "1.0"),
        ("dep", "2.0"),
        ("extra", "1.0"),
        ("grouped", "1.0"),
        ("linter", "1.0"),
        ("linter", "2.0"),
    ]
    for name, version in [*listed, *ours.items(), ("pytest", "7.0"), ("flake8", "7.1")]:
        with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
            info = f"{name}-{version}.dist-info"
            wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
            wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            wheel.writestr(f"{info}/RECORD", "")
    return folder
