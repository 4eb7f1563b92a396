"""One project's setup.py and setup.cfg into its pyproject.toml; what only running the script would tell stays there."""

import ast
import re
from collections.abc import Iterator

from activities.migration.python.places import line_of
from activities.migration.python.program import BOM
from activities.migration.python.source import SourceFile
from activities.migration.python.toml_places import toml_places
from activities.migration.recipe import SourceTree
from activities.migration.types import Leftover
from activities.recipes.setup_py_to_pyproject.document import document, rendered
from activities.recipes.setup_py_to_pyproject.setup_cfg import declared, without_sections
from activities.recipes.setup_py_to_pyproject.values import LARGEST, OwnModule, SetupCall, setup_call

_COMMAND = re.compile(r"\bsetup\.py\s+(sdist|bdist_wheel|bdist|install|develop|test|upload|register|build_ext|check)\b")
_INSTEAD = {
    "install": "Write `pip install .`.",
    "develop": "Write `pip install -e .`.",
    "test": "Start the tests' own runner.",
    "upload": "Write `twine upload`.",
    "register": "Write `twine upload`.",
}


def convert_all(tree: SourceTree, to: str) -> Iterator[Leftover]:
    for path in tree.named("setup.py"):
        yield from convert(tree, path)


def why_not(tree: SourceTree, path: str) -> str:
    """The sentence why a project's setup.py cannot be migrated, "" where it can."""
    folder = path.rpartition("/")[0]
    manifest = tree.read(f"{folder}/pyproject.toml" if folder else "pyproject.toml")
    text = tree.read(path)
    if manifest is not None and (reason := _built_otherwise(path, manifest)):
        return reason
    if text is None or _parsed(text) is None:
        return f"{path} does not parse, or is too large."
    if re.search(r"\bpbr\s*=\s*True", text):
        return f"{path} is built with pbr, which has no table in pyproject.toml."
    if _call(tree, path, text) is None:
        return f"{path} has no single call of setup() whose arguments are named."
    return ""


def _built_otherwise(path: str, manifest: str) -> str:
    places = toml_places(manifest)
    if places is None:
        return f"pyproject.toml beside {path} is not valid TOML. Repair it first."
    if any(place.keys[0] == "project" for place in places):
        return f"pyproject.toml beside {path} already has the table [project]."
    backend = next((place.value for place in places if place.keys == ("build-system", "build-backend")), "setuptools")
    if not backend.startswith("setuptools"):
        return f"pyproject.toml beside {path} builds with {backend}, not with setuptools."
    if any(place.keys[:2] in (("tool", "setuptools"), ("tool", "poetry")) for place in places):
        return f"pyproject.toml beside {path} already configures how the project is built."
    return ""


def _parsed(text: str) -> ast.Module | None:
    try:
        return ast.parse(text.removeprefix(BOM)) if len(text) < LARGEST else None
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _call(tree: SourceTree, path: str, text: str) -> SetupCall | None:
    module = _parsed(text)
    return setup_call(module, _own_module(tree, path.rpartition("/")[0])) if module else None


def _own_module(tree: SourceTree, folder: str) -> OwnModule | None:
    """The module of the project that gives `__version__` a text, if it is the only one."""
    found = []
    inside = f"{folder}/" if folder else ""
    for path in tree.named("*.py"):
        short = path.removeprefix(inside)
        skipped = (
            not path.startswith(inside)
            or short.count("/") > 3
            or re.match(r"(?:tests?|docs?|examples?)/|setup\.py", short)
        )
        data = b"" if skipped else tree.content(path) or b""
        if re.search(rb"(?m)^__version__\s*=\s*['\"]", data):
            found.append((short, data))
    if len(found) != 1:
        return None
    short, data = found[0]
    module = _parsed(data.decode("utf-8", "replace"))
    values = {
        node.targets[0].id: node.value.value
        for node in (module.body if module else ())
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and isinstance(node.value, ast.Constant)
    }
    name = (
        short.removeprefix("src/").removeprefix("lib/").removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    )
    return OwnModule(name, dict(values))


def convert(tree: SourceTree, path: str) -> Iterator[Leftover]:
    text = tree.read(path) or ""
    if reason := why_not(tree, path):
        yield Leftover(path, 0, reason, "Migrate it by hand.")
        return
    call = _call(tree, path, text)
    folder = path.rpartition("/")[0]
    cfg_path, toml_path = (f"{folder}/{name}" if folder else name for name in ("setup.cfg", "pyproject.toml"))
    cfg = tree.read(cfg_path)
    from_cfg = declared(cfg) if cfg else {}
    if call is None or from_cfg is None:
        yield Leftover(cfg_path, 0, "It is no ini file, so nothing was migrated.", "Repair it.")
        return
    others = dict(call.others)
    made = document({**{key: value for key, value in from_cfg.items() if key not in others}, **call.values}, others)
    if "name" not in made.project:
        yield Leftover(
            path, call.call.lineno, "The project's name is not written plainly.", "Write the name as a text."
        )
        return
    manifest = tree.read(toml_path)
    newline = "\r\n" if "\r\n" in text else "\n"
    has_build = manifest is not None and "[build-system]" in manifest
    tables = rendered(made, build_system=not has_build, newline=newline)
    if manifest is None or not manifest.strip():
        tree.write(toml_path, tables)
    elif has_build:
        tree.write(toml_path, manifest.rstrip("\r\n") + newline * 2 + tables)
    else:
        tree.write(toml_path, tables + newline + manifest)
    if cfg and (rest := without_sections(cfg)) != cfg:
        if rest:
            tree.write(cfg_path, rest)
        else:
            tree.remove(cfg_path)
    if made.kept:
        yield from _shorten(tree, path, text, call, made.kept)
    else:
        tree.remove(path)
        yield from _commands(tree)


def _shorten(tree: SourceTree, path: str, text: str, call: SetupCall, kept: dict[str, str]) -> Iterator[Leftover]:
    """setup.py without what pyproject.toml says now."""
    module = _parsed(text)
    if module is None:
        return
    file = SourceFile(path, text, module)
    node = next(
        each for each in ast.walk(module) if isinstance(each, ast.Call) and ast.dump(each) == ast.dump(call.call)
    )
    file.remove_elements(node.keywords, [each for each in node.keywords if each.arg not in kept])
    new = file.result()
    if new != text:
        tree.write(path, new)
    for each in node.keywords:
        if each.arg in kept:
            reason = f"{each.arg} stays in setup.py: it {kept[each.arg]}."
            line = next(
                (number for number, line in enumerate(new.splitlines(), 1) if re.match(rf"\s*{each.arg}\s*=", line)), 1
            )
            yield Leftover(path, line, reason, "Write it plainly in pyproject.toml, if it can be.")


def _commands(tree: SourceTree) -> Iterator[Leftover]:
    """Commands that start the script that is gone."""
    for path in tree.named(
        "*.yml", "*.yaml", "tox.ini", "Makefile", "*.sh", "*.md", "*.rst", "Dockerfile", "noxfile.py", "*.toml"
    ):
        text = tree.read(path)
        if text is None or "setup.py" not in text or len(text) > LARGEST:
            continue
        for match in _COMMAND.finditer(text):
            fix = _INSTEAD.get(match[1], "Write `python -m build`.")
            line = line_of(text, match.start())
            yield Leftover(
                path, line, "It starts setup.py, which is no longer there.", fix, not path.endswith((".md", ".rst"))
            )
