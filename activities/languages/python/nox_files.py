"""What a nox session that runs tests does, as far as noxfile.py says so plainly: a syntax tree, never run."""

import ast
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice

from activities.languages.python.declared_tests import DeclaredTests, with_command
from activities.tooling import Project

_LARGEST = 200_000
_MOST_TEXTS, _MOST_CALLS, _LONGEST_TEXT = 300, 500, 2000
_SUITE = re.compile(r"(?:tests?|py_?tests?|unit.*)")
_RUNS = frozenset(("run", "run_always", "run_install"))


def nox_tests(project: Project) -> DeclaredTests:
    """The first session that runs tests and is named like a suite, else the first that runs any; nothing found without
    one."""
    return next((found for found in nox_sessions(project) if found.runner), DeclaredTests())


def nox_sessions(project: Project) -> Iterator[DeclaredTests]:
    """All sessions, those that are named like a suite first."""
    text = project.read("noxfile.py")
    try:
        module = ast.parse(text if len(text) < _LARGEST else "")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    constants = {
        node.targets[0].id: node.value
        for node in module.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    functions = (node for node in module.body if isinstance(node, ast.FunctionDef))
    sessions = [(name, one) for one in functions if (name := _session_name(one))]
    sessions.sort(key=lambda named: not _SUITE.fullmatch(named[0]))  # the others stay in their order
    yield from (_session(name, one, constants) for name, one in sessions)


def _session_name(function: ast.FunctionDef) -> str:
    """ "" for a function that is no session."""
    for decorator in function.decorator_list:
        named = decorator.func if isinstance(decorator, ast.Call) else decorator
        name = named.attr if isinstance(named, ast.Attribute) else named.id if isinstance(named, ast.Name) else ""
        if name in ("session", "nox_session"):
            keywords = decorator.keywords if isinstance(decorator, ast.Call) else []
            own = (text for each in keywords if each.arg == "name" for text in _texts(each.value, {}))
            return next(own, "") or function.name
    return ""


def _session(name: str, session: ast.FunctionDef, constants: Mapping[str, ast.expr]) -> DeclaredTests:
    found = DeclaredTests(f"noxfile.py, session {name}")
    nodes = (node for node in _in_order(session) if isinstance(node, ast.Assign | ast.Call))
    for node in islice(nodes, _MOST_CALLS):
        if isinstance(node, ast.Assign) and isinstance(target := node.targets[0], ast.Subscript):
            # session.env["NAME"] = "value"
            key, value = list(_texts(target.slice, constants)), list(_texts(node.value, constants))
            if isinstance(target.value, ast.Attribute) and target.value.attr == "env" and len(key) == len(value) == 1:
                found = replace(found, variables=(*found.variables, (key[0], value[0])))
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        words = list(islice((word for argument in node.args for word in _texts(argument, constants)), _MOST_TEXTS))
        if node.func.attr == "install":
            options = shlex.join(word for word in words if word.startswith(("-", ".")) or word.endswith(".txt"))
            plain = [word for word in words if not word.startswith(("-", ".")) and not word.endswith((".txt", ".in"))]
            found = found.with_installed(options).with_requirements(plain)
        elif node.func.attr in _RUNS and words:
            before = found.runner
            found = with_command(found, words)
            if found.runner and not before:
                own = next((each.value for each in node.keywords if each.arg == "env"), None)
                found = replace(found, variables=(*found.variables, *_pairs(own, constants)))
    return found


def _in_order(node: ast.AST) -> Iterator[ast.AST]:
    pending = [node]
    while pending:
        yield (one := pending.pop())
        pending += reversed(list(ast.iter_child_nodes(one)))


def _pairs(node: ast.expr | None, constants: Mapping[str, ast.expr]) -> Iterator[tuple[str, str]]:
    if isinstance(node, ast.Name):
        node = constants.get(node.id)
    if isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            name, text = list(_texts(key, constants)), list(_texts(value, constants))
            if len(name) == len(text) == 1:
                yield name[0], text[0]


def _texts(node: ast.expr | None, constants: Mapping[str, ast.expr]) -> Iterator[str]:
    """The texts of a constant, of a list of them or of a name that stands for one; nothing for what must be run. Names
    in lists that names stand for multiply: the first texts count."""
    return islice(_all_texts(node, constants), _MOST_TEXTS)


def _all_texts(node: ast.expr | None, constants: Mapping[str, ast.expr], depth: int = 5) -> Iterator[str]:
    if depth == 0:
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) < _LONGEST_TEXT:
        yield node.value
    elif isinstance(node, ast.List | ast.Tuple):
        for each in node.elts:
            yield from _all_texts(each, constants, depth - 1)
    elif isinstance(node, ast.Starred):
        yield from _all_texts(node.value, constants, depth - 1)
    elif isinstance(node, ast.BoolOp):  # session.posargs or ["tests"]
        yield from _all_texts(node.values[-1], constants, depth - 1)
    elif isinstance(node, ast.Name):
        yield from _all_texts(constants.get(node.id), constants, depth - 1)
