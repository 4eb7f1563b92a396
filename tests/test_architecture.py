"""The rules of `docs/architecture.md`, held to the code."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("bot", "workflows", "activities", "simulator")
SAMPLES = ROOT / "simulator" / "samples"
PLUGINS = ("activities.checks", "activities.tools", "activities.toolchains", "activities.formats", "bot.commands")

LONGEST_FILE = 400
LONGEST_FUNCTION = 60

# Git is a program of this host: it needs this host's PATH, proxies and certificates, and gets nothing else.
READS_THE_ENVIRONMENT = {"activities/workspace/git.py"}

# What a workflow may load beside the standard library. Temporal's sandbox loads all of it anew for each workflow.
LIGHT = {"temporalio", "workflows", "activities"}

# Prints what importing the workflows, and the activities that they name, brings beside Temporal's own modules.
LOADED = """
import json, sys
import temporalio.activity, temporalio.client, temporalio.common, temporalio.exceptions, temporalio.workflow
before = set(sys.modules)
import workflows, activities.github_activities, activities.tool_activities, activities.workflow_activities
print(json.dumps(sorted({name.partition(".")[0] for name in set(sys.modules) - before})))
"""


def product() -> Iterator[Path]:
    """Every Python file that is ours and no sample of somebody's repository."""
    for room in ROOMS:
        yield from (path for path in sorted((ROOT / room).rglob("*.py")) if SAMPLES not in path.parents)


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def test_the_rooms_import_in_one_direction_and_plugins_never_each_other() -> None:
    """The contracts are in pyproject.toml."""
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_only_the_door_reads_the_environment() -> None:
    found = {name(path) for path in product() if not name(path).startswith(("bot/", "simulator/")) and reads(path)}
    assert found == READS_THE_ENVIRONMENT, "Hand the value over from bot/ instead."


def reads(path: Path) -> bool:
    """`os.environ`, `os.getenv` and their kin, also when imported by name."""
    words = {"environ", "environb", "getenv", "getenvb"}
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.value.id == "os" and node.attr in words:
                return True
        elif isinstance(node, ast.ImportFrom) and node.module == "os" and words & {one.name for one in node.names}:
            return True
    return False


def test_the_stories_load_nothing_heavy() -> None:
    done = subprocess.run([sys.executable, "-c", LOADED], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(json.loads(done.stdout))
    heavy = loaded - LIGHT - sys.stdlib_module_names
    assert {"workflows", "activities"} <= loaded
    assert not heavy, f"import these inside the activity that needs them: {sorted(heavy)}"


def test_every_module_says_what_it_is() -> None:
    assert [name(path) for path in product() if not ast.get_docstring(tree(path))] == []


@pytest.mark.parametrize("package", PLUGINS)
def test_every_plugin_is_loaded_by_the_name_of_its_file(package: str) -> None:
    """Some are written with a hyphen, as in `.github/autobuild.yml`."""
    folder = ROOT / package.replace(".", "/")
    files = {path.stem for path in folder.glob("*.py") if not path.name.startswith("_")}
    assert {key.replace("-", "_") for key in import_module(package).registry()} == files


def test_no_file_is_too_long_to_read() -> None:
    lengths = {name(path): len(path.read_text("utf-8").splitlines()) for path in product()}
    long = {path: lines for path, lines in lengths.items() if lines > LONGEST_FILE}
    assert not long, f"more than {LONGEST_FILE} lines: ask what the second half is called"


def test_no_function_is_too_long_to_read() -> None:
    long = [
        f"{name(path)}:{node.lineno} {node.name}" for path in product() for node in functions(path) if too_long(node)
    ]
    assert not long, f"more than {LONGEST_FUNCTION} lines: ask what the second half is called"


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def too_long(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return (node.end_lineno or node.lineno) - node.lineno + 1 > LONGEST_FUNCTION
