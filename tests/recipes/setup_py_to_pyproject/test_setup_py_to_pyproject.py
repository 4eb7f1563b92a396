"""The recipe on small projects: what it refuses comes first. The wheel of a project is the same before and after."""

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from activities.migration.recipe import SourceTree
from activities.recipes import registry
from activities.recipes.setup_py_to_pyproject.convert import convert_all
from activities.untrusted_files import UntrustedFolder
from tests.recipes.harness import migrate

RECIPE = registry()["setup-py-to-pyproject"]
_HEAD = "from setuptools import setup, find_packages\n"


def _tree(folder: Path, files: dict[str, str]) -> SourceTree:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(text.encode())
    return SourceTree(UntrustedFolder(folder), tuple(sorted(files)))


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({"a.py": ""}, "There is no setup.py to migrate."),
        ({"setup.py": "setup(", "b.py": ""}, "setup.py does not parse, or is too large."),
        ({"setup.py": "setup(**options)"}, "setup.py has no single call of setup() whose arguments are named."),
        ({"setup.py": "setup(pbr=True, name='a')"}, "setup.py is built with pbr, which has no table in pyproject.toml."),
        ({"setup.py": "setup()", "pyproject.toml": "[project]\nname='a'\n"}, "pyproject.toml beside setup.py already has the table [project]."),
        ({"setup.py": "setup()", "pyproject.toml": "[build-system]\nbuild-backend='hatchling.build'\n"},
         "pyproject.toml beside setup.py builds with hatchling.build, not with setuptools."),
        ({"setup.py": "setup()", "pyproject.toml": "[project\n"}, "pyproject.toml beside setup.py is not valid TOML. Repair it first."),
        ({"setup.py": "setup(name='a')"}, ""),
    ],
)  # fmt: skip
def test_where_it_does_not_apply_a_sentence_says_so(tmp_path: Path, files: dict[str, str], sentence: str) -> None:
    assert RECIPE.why_not(_tree(tmp_path, files), "") == sentence


def test_what_is_plain_moves_and_what_is_not_stays_with_a_row(tmp_path: Path) -> None:
    script = (
        _HEAD
        + "import os\n\nNAME = 'demo'\nEXTRAS = {'a': ['x>=1']}\nEXTRAS['all'] = EXTRAS['a'] + ['y']\n\n\ndef read(name):\n    with open(os.path.join(os.path.dirname(__file__), name)) as file:\n        return file.read()\n\n\n"
        "setup(\n    name=NAME,\n    version=os.environ['VERSION'],  # kept\n    long_description=read('README.md'),\n    extras_require=EXTRAS,\n    ext_modules=build(),\n)\n"
    )
    rows = list(convert_all(_tree(tmp_path, {"setup.py": script, "README.md": ""}), ""))
    assert [row.reason for row in rows] == [
        "version stays in setup.py: it is `os.environ`.",
        "ext_modules stays in setup.py: it is the result of `build()`.",
    ]
    kept = (tmp_path / "setup.py").read_text()
    assert kept.endswith("setup(\n    version=os.environ['VERSION'],  # kept\n    ext_modules=build(),\n)\n")
    assert [kept.splitlines()[row.line - 1].split("=")[0].strip() for row in rows] == ["version", "ext_modules"]
    assert tomllib.loads((tmp_path / "pyproject.toml").read_text()) == {
        "build-system": {"requires": ["setuptools>=61"], "build-backend": "setuptools.build_meta:__legacy__"},
        "project": {"name": "demo", "readme": "README.md", "dynamic": ["version"], "optional-dependencies": {"a": ["x>=1"], "all": ["x>=1", "y"]}},
        "tool": {"setuptools": {"include-package-data": False, "packages": []}},
    }  # fmt: skip


async def test_other_tools_keep_their_sections_and_commands_have_a_row(tmp_path: Path) -> None:
    files = {
        "setup.py": "from setuptools import setup\nsetup()\n",
        "setup.cfg": "[metadata]\nname = a\nversion = attr: a.__version__\n\n[flake8]\nmax-line-length = 9\n",
        "Makefile": "t:\n\tpython setup.py test\n",
        "pyproject.toml": "# kept\n[tool.black]\nline-length = 9\n",
    }
    _tree(tmp_path / "a", files)
    done = await migrate(tmp_path / "a", RECIPE, tmp_path / "data")
    assert sorted(done.changed["pyproject"]) == ["pyproject.toml", "setup.cfg", "setup.py"]
    tmp_path /= "a"
    assert [(row.file, row.line, row.fix) for row in done.leftovers] == [
        ("Makefile", 2, "Start the tests' own runner.")
    ]
    assert not (tmp_path / "setup.py").exists()
    assert (tmp_path / "setup.cfg").read_text() == "[flake8]\nmax-line-length = 9\n"
    text = (tmp_path / "pyproject.toml").read_text()
    assert text.endswith("\n# kept\n[tool.black]\nline-length = 9\n")
    assert tomllib.loads(text)["tool"]["setuptools"]["dynamic"] == {"version": {"attr": "a.__version__"}}


_PROJECT = {
    "README.rst": "Demo\n====\n",
    "src/demo/__init__.py": '__version__ = "1.2"\n__author__ = "octocat"\n',
    "src/demo/sub/__init__.py": "",
    "src/demo/data.txt": "x",
    "setup.cfg": "[bdist_wheel]\nuniversal = 1\n",
    "setup.py": (
        _HEAD + "import re\n\nwith open('src/demo/__init__.py') as file:\n    found = re.search(r'__version__ = \"(.*?)\"', file.read())\nwith open('README.rst') as file:\n    long_description = file.read()\n\n"
        "setup(\n    name='demo', version=found.group(1), description='A \"demo\"', long_description=long_description, author='octocat', author_email='octocat@example.com', license='MIT',\n"
        "    packages=find_packages('src'), package_dir={'': 'src'}, package_data={'demo': ['*.txt']}, python_requires='>=3.9', keywords='a, b', platforms='any',\n"
        "    install_requires=['x>=1; python_version < \"4\"'], extras_require={'more': ['y'], ':sys_platform == \"win32\"': ['z']}, entry_points={'console_scripts': ['demo = demo:main']},\n"
        "    classifiers=['Programming Language :: Python :: 3'], project_urls={'Source': 'https://example.com/'}, zip_safe=False,\n)\n"
    ),
}  # fmt: skip


def _wheel(folder: Path, out: Path) -> dict[str, list[str]]:
    """File → its lines in order, of what the project is built to."""
    program = f"import setuptools.build_meta as b; b.build_wheel({str(out)!r})"
    subprocess.run([sys.executable, "-c", program], cwd=folder, check=True, capture_output=True)
    with zipfile.ZipFile(next(out.glob("*.whl"))) as wheel:
        names = [name for name in wheel.namelist() if not name.endswith(("RECORD", "WHEEL"))]
        return {name: sorted(wheel.read(name).decode().splitlines()) for name in names}


def test_the_wheel_is_the_same(tmp_path: Path) -> None:
    _tree(tmp_path / "before", _PROJECT)
    assert list(convert_all(_tree(tmp_path / "after", _PROJECT), "")) == []
    assert not (tmp_path / "after" / "setup.py").exists()
    before = _wheel(tmp_path / "before", tmp_path / "one")
    after = _wheel(tmp_path / "after", tmp_path / "two")
    metadata = "demo-1.2.dist-info/METADATA"
    differs = set(before.pop(metadata)) ^ set(after.pop(metadata))
    assert before == after
    # How it was declared, and the default that is now written out.
    assert {line for line in differs if not line.startswith("Dynamic:")} == {"Description-Content-Type: text/x-rst"}
