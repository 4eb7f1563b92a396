"""The rules of `docs/architecture.md`, held to the code."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from importlib.metadata import distribution, packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PACKAGES = ("bot", "workflows", "activities", "simulator")
SAMPLES = ROOT / "simulator" / "samples"
PLUGINS = (
    "activities.agents",
    "activities.checks",
    "activities.tools",
    "activities.toolchains",
    "activities.formats",
    "activities.diagnosers",
    "activities.sources",
    "bot.alerts",
    "bot.commands",
)

LONGEST_FILE = 400
LONGEST_FUNCTION = 60
LARGEST_FOLDER = 25

# Words that only this code base used for things that have a common name. A few may stay, where they are plain English.
PRIVATE_WORDS = re.compile(
    r"\b(?:mend(?:s|ed|ing)?|deeds?|nouns?|strangers?|kin|beating|weather|door|told|telling|by itself|looked with)\b",
    re.I,
)
PRIVATE_WORDS_AT_MOST = 10

# Git is a program of this host: it needs this host's PATH, proxies and certificates, and gets nothing else.
READS_THE_ENVIRONMENT = {"activities/workspace/git.py"}

# Who touches files in another way than through `activities/untrusted_files/`: only files that this host made, or that
# its operator names, and that no sandbox writes. Each with the reason.
TOUCHES_OUR_FILES = {
    "activities/custom_command/__init__.py": "our own program for the sandbox",
    "activities/custom_command/command_runner.py": "a program that runs in the sandbox itself",
    "activities/migration_engine/node_packages.py": "a fresh folder of this host, and lock files of ours",
    "activities/migration_engine/steps.py": "a fresh folder of this host",
    "activities/egress/join_namespace.py": "namespaces below /proc",
    "activities/environments.py": "folders of environments, which hold what a sandbox wrote in folders below",
    "activities/incident_folders/call_files.py": "the folder of data that a person names",
    "activities/incident_folders/columns.py": "the folder of data that a person names",
    "activities/incident_folders/folder.py": "the folder of data that a person names",
    "activities/incident_logs/blocks.py": "the log files that an operator names",
    "activities/incident_logs/files.py": "the log files that an operator names",
    "activities/incidents/store.py": "the data folder's own files, which no sandbox sees",
    "bot/settings/yaml_files.py": "the file that an operator names",
    "activities/github/commits/push.py": "a repository of its own in a temporary folder",
    "activities/languages/javascript/launchers/__init__.py": "the programs of its own folder",
    "activities/languages/javascript/programs.py": "npm's package.json in our own environment",
    "activities/languages/python/interpreters.py": "the interpreters of this host",
    "activities/languages/go/toolchains.py": "the toolchains of this host",
    "activities/languages/rust/toolchains.py": "the toolchains of this host",
    "activities/languages/python/record_tests.py": "a program that runs in the sandbox itself",
    "activities/languages/python/plugins.py": "the packages of our own environment",
    "activities/sandbox/bubblewrap_process.py": "the output of a process of ours, below /proc",
    "activities/sandbox/ownership.py": "records and folders of our own processes in the data folder",
    "activities/migration/python/imports.py": "part of a program that runs in the sandbox itself",
    "activities/migration/python/program.py": "part of a program that runs in the sandbox itself",
    "activities/recipes/pydantic2/rewrite.py": "a program that runs in the sandbox itself",
    "activities/recipes/unittest_to_pytest/rewrite.py": "a program that runs in the sandbox itself",
    "activities/recipes/python_upgrade/syntax.py": "a program that runs in the sandbox itself",
    "activities/agent_engine/copy_commands.py": "gives the folder of the copy itself its owner; follows no link below it",
    "activities/agent_engine/engine.py": "makes the folders of a run and of transcripts",
    "activities/agent_runs/prompts.py": "our own prompts",
    "activities/agent_runs/transcript.py": "a file of the data folder",
    "activities/patch_checks/secrets.py": "makes the folder for scratch files",
    "activities/agents/command.py": "the task in a fresh folder beside the copy, which no sandbox writes to",
    "activities/agents/scripted.py": "the script that an operator names",
    "activities/quality_gate/autofix.py": "makes the folder for the copy",
    "activities/quality_gate/measurement.py": "makes the folder for scratch files",
    "activities/tools/actionlint.py": "the host's own programs",
    "activities/tools/unittest.py": "our own program for the sandbox",
    "activities/result_store.py": "the data folder's results",
    "activities/sandbox/bubblewrap.py": "which file systems the checkout and the folders of a run are on",
    "activities/sandbox/bubblewrap_options.py": "the system's folders, and the places for mounts in a checkout",
    "activities/sandbox/cgroup_limits.py": "control groups",
    "activities/sandbox/cgroups.py": "control groups",
    "activities/sandbox/command.py": "a process's file below /proc",
    "activities/sandbox/run_folders.py": "makes the folders of a run",
    "activities/sandbox/sandbox_user.py": "gives folders to the sandbox's user before a command starts, no link followed",
    "activities/sandbox/select.py": "a run of its own in a temporary folder",
    "activities/sandbox/unsandboxed.py": "no isolation: links of its own in the checkout",
    "activities/sandbox/usage.py": "counts sizes, and opens no file but those of /proc",
    "activities/workspace/cleanup.py": "times of the data folder's folders",
    "activities/workspace/folder_transfer.py": "packs and the list of shallow commits in our own mirrors",
    "activities/workspace/leases.py": "locks the data folder's folders, which no sandbox can replace",
    "activities/workspace/lfs_download.py": "contents in our own mirrors, under names of ours",
    "activities/workspace/linked.py": "records in our own mirrors",
    "activities/workspace/mirror.py": "makes mirrors and checkouts, and looks at their folders",
    "activities/workspace/storage.py": "times of the data folder's folders; sizes of what is in them, through UntrustedFolder",
    "bot/app_setup/manifest.py": "our own manifest",
    "bot/cli/migrate.py": "the folder that a person names",
    "bot/cli/validate.py": "the file that a person names",
    "bot/demo/model.py": "the demo's own data folder, and files of the package",
    "bot/demo/monitoring.py": "the demo's own data folder",
    "bot/local_patch/__init__.py": "makes the data folder's scratch",
    "bot/local_incident/__init__.py": "whether the folder that a person names is there",
    "bot/local_migration/__init__.py": "the file that a person names",
    "bot/doctor/machine.py": "the data folder",
    "bot/host_state.py": "the data folder, and /proc",
    "bot/local_gate/__init__.py": "the SARIF file that a person names",
    "bot/local_gate/folder.py": "whether the folder that a person names is there",
    "bot/local_gate/folder_files.py": "makes a private folder",
    "bot/processes/local_stack.py": "the data folder of a demo, and logs",
    "bot/processes/temporal_server.py": "Temporal's program and database",
    "bot/settings/__init__.py": "the data folder",
    "bot/healthcheck.py": "the lock of `up` in the data folder",
    "bot/settings/running_up.py": "what `up` says of itself in the data folder",
    "bot/settings/temporal.py": "Temporal's own file of profiles, which the operator names",
    "bot/settings/credentials.py": "the App's credentials, beneath descriptors of their own",
    "bot/settings/data_folder.py": "the modes of the data folder",
    "bot/settings/registries.py": "this host's certificates and registries",
    "bot/settings/registry_hosts.py": "this host's certificates and registries",
    "bot/settings/setting_fields.py": "files that an operator names",
    "bot/webhook/simulation.py": "the payload that a person names",
}

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
    for package in PACKAGES:
        yield from (path for path in sorted((ROOT / package).rglob("*.py")) if SAMPLES not in path.parents)


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def test_packages_import_in_one_direction_and_plugins_never_each_other() -> None:
    """The contracts are in pyproject.toml."""
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_only_bot_reads_the_environment() -> None:
    found = {name(path) for path in product() if not name(path).startswith(("bot/", "simulator/")) and reads(path)}
    assert found == READS_THE_ENVIRONMENT, "Hand the value over from bot/ instead."


def reads(path: Path) -> bool:
    """`os.environ`, `os.getenv` and the like, also when imported by name."""
    words = {"environ", "environb", "getenv", "getenvb"}
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.value.id == "os" and node.attr in words:
                return True
        elif isinstance(node, ast.ImportFrom) and node.module == "os" and words & {one.name for one in node.names}:
            return True
    return False


_PATH_METHODS = frozenset(
    [
        "exists",
        "is_dir",
        "is_symlink",
        "iterdir",
        "glob",
        "rglob",
        "stat",
        "lstat",
        "mkdir",
        "rmdir",
        "unlink",
        "rename",
        "symlink_to",
        "hardlink_to",
        "touch",
        "chmod",
        "readlink",
        "write_text",
        "write_bytes",
    ]
)
_OS_FUNCTIONS = frozenset(
    [
        "rename",
        "replace",
        "walk",
        "fwalk",
        "scandir",
        "listdir",
        "stat",
        "lstat",
        "chmod",
        "chown",
        "utime",
        "remove",
        "unlink",
        "rmdir",
        "removedirs",
        "link",
        "symlink",
        "readlink",
        "makedirs",
        "mkdir",
        "open",
        "path.exists",
        "path.lexists",
        "path.isfile",
        "path.isdir",
        "path.islink",
        "path.getsize",
        "path.realpath",
    ]
)


_TEMPORARY = frozenset(
    ["mkdtemp", "mkstemp", "TemporaryDirectory", "TemporaryFile", "NamedTemporaryFile", "SpooledTemporaryFile"]
)


def test_only_one_package_touches_what_untrusted_code_may_have_written() -> None:
    """Everywhere else a link would be followed, a pipe waited for, or a file without end read."""
    ours = "activities/untrusted_files/"
    found = {name(path) for path in product() if not name(path).startswith((ours, "simulator/")) and touches(path)}
    new = {path: sorted(touches(ROOT / path)) for path in found - TOUCHES_OUR_FILES.keys()}
    assert not new, "use UntrustedFolder or remove_tree; or say in TOUCHES_OUR_FILES why no sandbox can write there"
    assert TOUCHES_OUR_FILES.keys() - found == set(), "these do so no longer"


def touches(path: Path) -> set[str]:
    """The calls that open, look at or change files by their path."""
    calls = [node for node in ast.walk(tree(path)) if isinstance(node, ast.Call)]
    return {ast.unparse(node.func) for node in calls if touches_files(node)}


def touches_files(node: ast.Call) -> bool:
    function = ast.unparse(node.func)
    if function == "open" or function.startswith("shutil."):
        return True
    if function.startswith("os."):
        return function.removeprefix("os.") in _OS_FUNCTIONS
    if not isinstance(node.func, ast.Attribute):
        return False
    # Methods of `UntrustedFolder` with the same names take a path, and a limit for reading.
    if node.func.attr in ("read_text", "read_bytes"):
        return len(node.args) < 2
    if node.func.attr == "is_file":
        return not node.args
    if node.func.attr == "open":
        return not node.args or isinstance(node.args[0], ast.Constant)
    return node.func.attr in _PATH_METHODS


def test_temporary_files_are_made_where_somebody_looks_for_them() -> None:
    """In the system's folder they would stay for ever after a kill. `temporary_folder` has names that say whose they
    are."""
    found = [
        f"{name(path)}:{node.lineno}"
        for path in product()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and called(node) in _TEMPORARY and "dir" not in {one.arg for one in node.keywords}
    ]
    assert found == []


def test_workflows_load_nothing_heavy() -> None:
    done = subprocess.run([sys.executable, "-c", LOADED], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(json.loads(done.stdout))
    heavy = loaded - LIGHT - sys.stdlib_module_names
    assert {"workflows", "activities"} <= loaded
    assert not heavy, f"import these inside the activity that needs them: {sorted(heavy)}"


def test_every_module_has_a_docstring() -> None:
    assert [name(path) for path in product() if not ast.get_docstring(tree(path))] == []


@pytest.mark.parametrize("package", PLUGINS)
def test_a_plugin_is_loaded_by_the_name_of_its_file(package: str) -> None:
    """Some are written with a hyphen, as in `.github/autobuild.yml`."""
    folder = ROOT / package.replace(".", "/")
    files = {path.stem for path in folder.glob("*.py") if not path.name.startswith("_")}
    assert {key.replace("-", "_") for key in import_module(package).registry()} == files


def test_no_file_is_too_long() -> None:
    lengths = {name(path): len(path.read_text("utf-8").splitlines()) for path in product()}
    long = {path: lines for path, lines in lengths.items() if lines > LONGEST_FILE}
    assert not long, f"more than {LONGEST_FILE} lines: split it by idea"


def test_no_function_is_too_long() -> None:
    long = [
        f"{name(path)}:{node.lineno} {node.name}" for path in product() for node in functions(path) if too_long(node)
    ]
    assert not long, f"more than {LONGEST_FUNCTION} lines: split it by idea"


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def too_long(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return (node.end_lineno or node.lineno) - node.lineno + 1 > LONGEST_FUNCTION


def test_no_folder_is_too_large() -> None:
    sizes = Counter(name(path.parent) for path in product())
    plugins = {package.replace(".", "/") for package in PLUGINS}  # one file each, and flat: found by their place
    largest = {folder: 2 * LARGEST_FOLDER if folder in plugins else LARGEST_FOLDER for folder in sizes}
    assert not {folder: size for folder, size in sizes.items() if size > largest[folder]}


def test_no_class_name_means_two_things() -> None:
    files = defaultdict(set)
    for path in product():
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.ClassDef):
                files[node.name].add(name(path))
    doubled = {each: sorted(paths) for each, paths in files.items() if len(paths) > 1}
    assert not doubled, "the wrong import would type-check"


def test_plain_words_are_used() -> None:
    found = {name(path): len(PRIVATE_WORDS.findall(path.read_text("utf-8"))) for path in product()}
    worst = sorted(((count, path) for path, count in found.items() if count), reverse=True)
    assert sum(found.values()) <= PRIVATE_WORDS_AT_MOST, f"a new private word; most are in {worst[:10]}"


@pytest.mark.parametrize("package", PLUGINS)
def test_every_plugin_has_a_test(package: str) -> None:
    """A test module of its folder imports its module, or looks its key up: in the registry or in a table of cases."""
    tested: set[str] = set()
    for path in sorted((ROOT / "tests" / package.replace(".", "/")).rglob("test_*.py")):
        tested |= imported_modules(path) | keys_tested(path)
    registry = import_module(package).registry()
    assert [key for key in registry if not {key, f"{package}.{key.replace('-', '_')}"} & tested] == []


def test_every_runtime_dependency_is_imported_or_started() -> None:
    """What only tests need belongs to the extra `dev`."""
    modules = packages_distributions()
    used = {word for path in product() for text in constants(path) for word in (text, text.rpartition("/")[2])}
    for path in product():
        used |= {canonicalize_name(one) for module in imported(path) for one in modules.get(module, ())}
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    assert [each for each in declared if not used & {(own := Requirement(each).name), *programs(own)}] == []


def test_the_lock_names_no_registry() -> None:
    """Whose machine wrote it is nobody's business, and its mirror is not everybody's."""
    assert "://" not in (ROOT / "requirements.lock").read_text("utf-8")


def imported(path: Path) -> set[str]:
    """The top-level modules that a file imports, also where it does so in a function."""
    found = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {one.name.partition(".")[0] for one in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


def programs(package: str) -> set[str]:
    """What an installed package puts on the PATH."""
    files = distribution(package).files or ()
    return {file.name for file in files if file.parent.name == "bin"}


def imported_modules(path: Path) -> set[str]:
    """The full names that a file imports: modules, and what it takes from them, which may be modules too."""
    found = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {one.name for one in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{one.name}" for one in node.names)}
    return found


def keys_tested(path: Path) -> set[str]:
    """The keys in `registry()["key"]`, the strings of parametrised tables, and the commands given to `parse_commands`."""
    tables = {
        target.id: node.value
        for node in tree(path).body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    found: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Call) and called(node.value) == "registry":
            found |= strings(node.slice)
        elif isinstance(node, ast.Call) and called(node) == "parse_commands":
            found |= strings(node)
        elif isinstance(node, ast.Call) and called(node) == "parametrize":
            for argument in node.args[1:]:
                found |= strings(argument)
                names = [one.id for one in ast.walk(argument) if isinstance(one, ast.Name)]
                found |= {text for each in names if each in tables for text in strings(tables[each])}
    return found | {text.partition(" ")[0].removeprefix("/") for text in found if text.startswith("/")}


def constants(path: Path) -> set[str]:
    """Every string that a file writes out."""
    return strings(tree(path))


def strings(tree: ast.AST) -> set[str]:
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def test_no_activity_is_called_by_a_string() -> None:
    """By its method instead, so that mypy checks the input and the result."""
    found = [
        f"{name(path)}:{node.lineno}"
        for path in product()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and called(node).endswith(("_activity", "_activity_method")) and by_string(node)
    ]
    assert found == []


def called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def by_string(node: ast.Call) -> bool:
    return bool(node.args) and isinstance(node.args[0], ast.Constant | ast.JoinedStr)


def test_workflow_logs_take_no_arguments() -> None:
    """The SDK appends the workflow's id before the message is formatted: a `%` in a branch's name would break it."""
    found = [
        f"{path.name}:{node.lineno}"
        for path in sorted((ROOT / "workflows").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("workflow.logger.") and len(node.args) > 1
    ]
    assert found == []
