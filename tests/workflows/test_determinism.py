"""Workflows give the same when they are replayed: they use nothing that differs from run to run.

A worker passes these modules through Temporal's sandbox (`bot/worker.py`), so this guards all of them instead.
"""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "workflows").rglob("*.py"))
# The standard library's modules without a clock, chance, files or the network; of `datetime` and `asyncio`, see below.
PURE = {
    "asyncio",
    "collections",
    "contextlib",
    "dataclasses",
    "datetime",
    "fnmatch",
    "functools",
    "inspect",
    "itertools",
}
PURE |= {"math", "re", "string", "typing"}
OURS = {"activities", "temporalio", "workflows"}
BUILTINS = {"open", "input", "id", "hash"}
METHODS = {"now", "today", "utcnow", "as_completed", "wait"}


def test_workflows_import_nothing_that_differs_from_run_to_run() -> None:
    found = {
        f"{path.name}: {module}"
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        for module in imported(node)
        if module not in PURE | OURS
    }
    assert found == set()


def imported(node: ast.AST) -> list[str]:
    """The top-level modules of an import."""
    names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
    names += [each.name for each in node.names] if isinstance(node, ast.Import) else []
    return [each.partition(".")[0] for each in names]


def test_workflows_call_nothing_that_differs_from_run_to_run() -> None:
    """`workflow.now()` and `workflow.wait()` are Temporal's own."""
    found = [
        f"{path.name}:{node.lineno} {ast.unparse(node.func)}"
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and differs(ast.unparse(node.func))
    ]
    assert found == []


def differs(function: str) -> bool:
    owner, _, called = function.rpartition(".")
    return called in METHODS if owner not in ("", "workflow") else function in BUILTINS
