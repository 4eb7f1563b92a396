"""Which TestCases of a project can be plain classes for pytest, and what else they need for that."""

import ast
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from activities.migration.python.source import SourceFile
from activities.recipes.unittest_to_pytest.assertions import KNOWN

BASES = frozenset(("unittest.TestCase", "unittest.case.TestCase", "unittest2.TestCase"))
HOOKS = {
    "setUp": "setup_method",
    "tearDown": "teardown_method",
    "setUpClass": "setup_class",
    "tearDownClass": "teardown_class",
}
_OF_TESTCASE = frozenset((
    "addCleanup", "addClassCleanup", "doCleanups", "enterContext", "enterClassContext", "subTest", "id", "run",
    "debug", "defaultTestResult", "countTestCases", "shortDescription", "failureException", "assertLogs",
    "assertNoLogs", "addTypeEqualityFunc", "_testMethodName", "_outcome", "_formatMessage", "runTest",
))  # fmt: skip
"""What only a TestCase has, and no plain class."""
_OWN = ("__init__", "__new__", "runTest", "run", "debug", "id", "shortDescription", "__str__")


@dataclass(eq=False)
class TestClass:
    """A TestCase of the project. `reason` says why it stays one, "" where it need not."""

    file: SourceFile
    node: ast.ClassDef
    parents: list["TestClass"] = field(default_factory=list)
    reason: str = ""
    with_other: str = ""
    at: ast.stmt | ast.expr | None = None
    new_name: str = ""

    @property
    def name(self) -> str:
        return self.node.name

    def defines(self, method: str) -> bool:
        return any(isinstance(each, ast.FunctionDef) and each.name == method for each in self.node.body)

    def has_tests(self) -> bool:
        """Also of the classes that it is based on."""
        own = any(getattr(each, "name", "").startswith("test") for each in self.node.body)
        return own or any(parent.has_tests() for parent in self.parents)

    def inherits(self, method: str) -> bool:
        return any(parent.defines(method) or parent.inherits(method) for parent in self.parents)

    def keep(self, reason: str, at: ast.stmt | ast.expr | None = None) -> None:
        if not self.reason:
            self.reason, self.at = reason, at


def find_classes(files: Sequence[SourceFile]) -> dict[ast.ClassDef, TestClass]:
    """All classes that are TestCases, by what they are based on."""
    found: dict[ast.ClassDef, TestClass] = {}
    by_name: dict[str, list[TestClass]] = {}
    classes = [(file, node) for file in files for node in ast.walk(file.tree) if isinstance(node, ast.ClassDef)]
    for _ in range(20):
        before = len(found)
        for file, node in classes:
            if node not in found:
                one = TestClass(file, node)
                if _is_test_class(one, by_name):
                    found[node] = one
                    by_name.setdefault(node.name, []).append(one)
        if len(found) == before:
            break
    for one in found.values():
        _judge(one)
    spread(list(found.values()))
    _name(list(found.values()), files)
    return found


def _is_test_class(one: TestClass, by_name: dict[str, list[TestClass]]) -> bool:
    is_test = False
    for base in one.node.bases:
        dotted = one.file.dotted(base)
        name = dotted.rpartition(".")[2] if dotted else base.id if isinstance(base, ast.Name) else ""
        if dotted in BASES:
            is_test = True
            continue
        parents = [each for each in by_name.get(name, []) if dotted or each.file is one.file]
        if len(parents) == 1 and not dotted.startswith("unittest."):
            one.parents.append(parents[0])
            is_test = True
        elif parents:
            one.keep(f"{name} is the name of several classes.", one.node)
            is_test = True
        elif dotted.startswith("unittest."):
            one.keep(f"{dotted} has no counterpart in pytest alone.", one.node)
        elif name != "object":
            one.keep(f"it is also based on {name or ast.unparse(base)}.", one.node)
    return is_test


def _judge(one: TestClass) -> None:
    file, node = one.file, one.node
    if node.keywords:
        one.keep("it has a metaclass or the like.", node)
    if isinstance(file.parents.get(node), ast.FunctionDef | ast.AsyncFunctionDef):
        one.keep("it is made in a function.", node)
    for each in node.body:
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef):
            if each.name in _OWN:
                one.keep(f"it has its own {each.name}.", each)
            if isinstance(each, ast.AsyncFunctionDef) and (each.name.startswith("test") or each.name in HOOKS):
                one.keep("it has asynchronous tests.", each)
            if each.name in HOOKS and not _plain_hook(each):
                one.keep(f"its {each.name} takes other arguments or is decorated.", each)
    for inner in ast.walk(node):
        if isinstance(inner, ast.Attribute) and isinstance(inner.value, ast.Name) and inner.value.id in ("self", "cls"):
            if not one.defines(inner.attr):
                _judge_attribute(one, inner)
        elif isinstance(inner, ast.Call) and isinstance(inner.func, ast.Name) and inner.func.id == "super":
            _judge_super(one, inner)


def _judge_attribute(one: TestClass, node: ast.Attribute) -> None:
    if node.attr in _OF_TESTCASE:
        one.keep(f"it uses {node.attr}.", node)
    elif node.attr in KNOWN and not _is_called(one.file, node):
        one.keep(f"it gives {node.attr} to something else.", node)


def _judge_super(one: TestClass, node: ast.Call) -> None:
    outer = one.file.parents.get(node)
    attribute = outer.attr if isinstance(outer, ast.Attribute) else ""
    call = one.file.parents.get(outer) if outer else None
    if attribute in HOOKS and call is not None and isinstance(one.file.parents.get(call), ast.Expr):
        return
    if attribute in KNOWN or attribute in _OF_TESTCASE or attribute in HOOKS or not attribute:
        one.keep(f"it calls {attribute or 'a method'} of what it is based on.", node)


def _plain_hook(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    of_class = node.name.endswith("Class")
    names = [each.id if isinstance(each, ast.Name) else "" for each in node.decorator_list]
    return len(node.args.args) == 1 and names == (["classmethod"] if of_class else [])


def _is_called(file: SourceFile, node: ast.Attribute) -> bool:
    parent = file.parents.get(node)
    return isinstance(parent, ast.Call) and parent.func is node


def spread(classes: list[TestClass]) -> None:
    """A class stays a TestCase with what it is based on, and so does what is based on it."""
    for _ in range(len(classes) + 1):
        changed = False
        for one in classes:
            for parent in one.parents:
                for first, second in ((one, parent), (parent, one)):
                    if first.reason and not second.reason:
                        second.keep(f"{first.name} stays a TestCase.", second.node)
                        second.with_other = first.name
                        changed = True
        if not changed:
            break


def _name(classes: list[TestClass], files: Sequence[SourceFile]) -> None:
    """pytest collects classes whose names start with Test."""
    taken = {file.path: {each.name for each in ast.walk(file.tree) if isinstance(each, ast.ClassDef)} for file in files}
    imported = Counter(name for file in files for name in _imported(file))
    same = Counter(one.name for one in classes)
    for one in classes:
        if one.reason or not one.has_tests() or one.name.startswith("Test"):
            continue
        stem = re.sub(r"_?(?:Test|Tests|TestCase|TestCases|_tests?)$", "", one.name) or one.name
        bare = stem.lstrip("_")
        choices = (f"Test{bare[:1].upper()}{bare[1:]}", f"Test{one.name[:1].upper()}{one.name[1:]}")
        known = taken[one.file.path] | set(one.file.aliases)
        new = next((each for each in choices if each not in known), "")
        ambiguous = same[one.name] > 1 and bool(imported[one.name])
        texts = any(one.name in file.text and _in_text(file, one.name) for file in files)
        if not new or ambiguous or texts or one.name.startswith("_"):
            one.keep("it would need another name for pytest, and its name is used elsewhere.", one.node)
        else:
            one.new_name = new
            taken[one.file.path].add(new)
    spread(classes)
    for one in classes:
        if one.reason:
            one.new_name = ""


def _imported(file: SourceFile) -> Iterator[str]:
    """Names that a file takes from others of the project, or asks modules for."""
    for node in ast.walk(file.tree):
        if isinstance(node, ast.ImportFrom):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.Attribute):
            yield node.attr


def _in_text(file: SourceFile, name: str) -> bool:
    return any(
        isinstance(each, ast.Constant)
        and isinstance(each.value, str)
        and re.search(rf"\b{re.escape(name)}\b", each.value)
        for each in ast.walk(file.tree)
    )
