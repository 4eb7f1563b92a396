"""Starting Python programs so that no module of the tree takes the place of one of theirs.

`python -m` puts the current folder first on the path, so a `pytest.py` or a `json.py` of the tree would be loaded in
place of the real one. An environment starts with a `sitecustomize.py` wherever it is found; and where the project is
installed in editable form, the tree is on the path, so that a tool finds there what it would use if it were installed.
"""

import re
from pathlib import Path, PurePosixPath

from activities.languages.python.hook_rules import hook_arguments
from activities.languages.python.tests_of_repository import command_options
from activities.tooling import OUR_TOOLS, Tool, Workbench
from activities.untrusted_files import UntrustedFolder

# The modules named first, and all that pytest is made of, are loaded before the project's folder is on the path.
_MODULE = """
import sys
sys.path[:] = [path for path in sys.path if path]
import os, runpy
from importlib import import_module
names = sys.argv[1].split(",")
for name in names:
    import_module(name)
for name in getattr(sys.modules.get("_pytest.config"), "default_plugins", ()):
    import_module("_pytest." + name)
sys.argv[:2] = names[:1]
sys.path.insert(0, os.getcwd())
runpy.run_module(names[0], run_name="__main__", alter_sys=True)
"""

# With `-S` nothing was added to the path yet, and no code of the environment has run.
_PROGRAM = """
import sys
sys.path[:] = [path for path in sys.path if path]
import os, runpy, types
for name in ("sitecustomize", "usercustomize"):
    sys.modules[name] = types.ModuleType(name)
import site
preloaded, kind, program = sys.argv[1:4]
if kind == "plugins":
    site.main()
else:
    home = os.path.dirname(os.path.dirname(sys.executable))
    sys.path.append(f"{home}/lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages")
for name in preloaded.split():
    __import__(name)
sys.argv[:4] = [program]
runpy.run_path(program, run_name="__main__")
"""

_OF_COMMANDS = frozenset(("flake8", "mypy", "pylint", "black", "isort"))
"""Tools that mean by a long option the same in every command."""


def start_module(bench: Workbench, *names: str) -> tuple[str, ...]:
    """The words that start `python -m NAME` with the project's folder on the path, for the first of the names; the
    others are what it will load."""
    return bench.executable("python"), *_safe_path(bench.env_root), "-c", _MODULE, ",".join(names)


def start_program(
    bench: Workbench, tool: Tool, *, resolves_imports: bool = False, preloaded: str = ""
) -> tuple[str, ...]:
    """The words that start the tool's program, with the arguments of its hook, else of the command that starts it. What
    editable installations add to the path is there only for a tool that loads plug-ins of the project, or that
    `resolves_imports` of it. `preloaded`: modules that the program loads only after it has put the project's folder on
    the path."""
    name = tool.program_name(bench.project)
    program, own_environment = bench.executable(name), bench.own_environment(name)
    alone = not resolves_imports and not any(tool.loaded_code(bench.project))
    own = hook_arguments(bench.project, *tool.detection.hooks)
    if tool.name in _OF_COMMANDS:
        own = own or command_options(bench.project, tool.name)
    in_project = bench.env_root / own_environment if bench.env_root and own_environment else None
    python = str(PurePosixPath(program).with_name("python")) if in_project else str(OUR_TOOLS / "bin" / "python")
    start = (python, *_safe_path(in_project), "-S", "-c", _PROGRAM)
    return *start, preloaded, "alone" if alone else "plugins", program, *own


def _safe_path(env_root: Path | None) -> tuple[str, ...]:
    """`-P`, which Python knows since 3.11; before, the program itself takes the current folder off the path."""
    names = UntrustedFolder(env_root).names("lib") if env_root else ()
    version = next((re.fullmatch(r"python3\.(\d+)", name) for name in names if name.startswith("python3.")), None)
    return () if version and int(version[1]) < 11 else ("-P",)
