"""A program for the sandbox: tests of unittest for pytest. It is given all files, since classes are based on others."""

import ast
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from activities.migration.python.imports import drop_new_unused, unused_imports
from activities.migration.python.moved_rows import moved_rows
from activities.migration.python.program import Row, done, parsed, question, read, tell, write
from activities.migration.python.source import SourceFile, load
from activities.recipes.unittest_to_pytest.assertions import KNOWN, rewrite
from activities.recipes.unittest_to_pytest.classes import BASES, HOOKS, TestClass, find_classes, spread

_MARKS = {
    "unittest.skip": "skip",
    "unittest.skipIf": "skipif",
    "unittest.skipUnless": "skipif",
    "unittest.expectedFailure": "xfail",
}
_MOST_ROUNDS = 3


def main() -> None:
    asked = question()
    first: dict[str, str] = {}
    rows: dict[str, list[Row]] = {}
    unused = unused_imports(asked.root, asked.files)
    for _ in range(_MOST_ROUNDS):
        changed = False
        for file in _migrated(asked.root, asked.files, rows):
            before = first.setdefault(file.path, file.text)
            known = rows.setdefault(file.path, [])
            known += [row for row in moved_rows(file.rows, before, file.text) if row not in known and not known]
            new = file.result()
            if new != file.text and parsed(new) is None:
                known.append(Row(1, "The file's new text would not parse, so it was left.", "Migrate it by hand."))
            elif new != file.text:
                write(asked.root / file.path, new)
                changed = True
        if not changed:
            break
    drop_new_unused(asked.root, sorted(first), unused)
    for path, found in rows.items():
        before = first.get(path, "")
        tell(path, dict.fromkeys(moved_rows(found, read(asked.root / path) or "", before) if before else found))
    done()


def _migrated(root: Path, paths: Sequence[str], rows: dict[str, list[Row]]) -> list[SourceFile]:
    files = []
    for path in paths:
        loaded = load(root, path)
        if isinstance(loaded, SourceFile):
            files.append(loaded)
        elif "unittest" in (root / path).read_bytes().decode("utf-8", "replace"):
            rows.setdefault(path, [loaded])
    classes = find_classes(files)
    for one in classes.values():
        _suites(one, files)
    _keep_with_unknown(classes)
    for one in classes.values():
        _assertions(one)
        if not one.reason:
            _shell(one)
    for file in files:
        _rows([one for one in classes.values() if one.file is file and one.reason])
    _rename(files, classes)
    for file in files:
        if "unittest" in file.text:
            _module(file, classes)
    return files


def _rows(kept: list[TestClass]) -> None:
    """A row for each class that stays a TestCase, one for all of a file that only stay so with others."""
    fix = "pytest runs it as it is; migrate it by hand where that is worth it."
    for one in kept:
        if not one.with_other:
            one.file.row(one.at or one.node, f"{one.name} stays a TestCase: {one.reason}", fix)
    others = [one for one in kept if one.with_other]
    if others:
        first, more = others[0], len(others) - 1
        names = (
            f"{first.name} and {more} more of this file stay TestCases" if more else f"{first.name} stays a TestCase"
        )
        first.file.row(first.node, f"{names}, since {first.with_other} does.", fix)


def _calls(one: TestClass) -> list[tuple[ast.Call, str]]:
    """The calls of TestCase's methods in the class, unless the project defines them itself."""
    found = []
    for node in ast.walk(one.node):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
        ):
            name = node.func.attr
            if node.func.value.id == "self" and name in KNOWN and not one.defines(name) and not one.inherits(name):
                found.append((node, name))
    # What a block caught is asked for in other assertions, which take over what was edited in them.
    return sorted(found, key=lambda each: not each[1].startswith(("assertRaises", "failUnlessRaises", "assertWarns")))


def _keep_with_unknown(classes: dict[ast.ClassDef, TestClass]) -> None:
    """A class with an assertion that cannot be replaced stays a TestCase. Tried on copies of the edits."""
    for one in classes.values():
        saved = list(one.file.edits)
        for call, name in _calls(one):
            if not rewrite(one.file, call, name):
                one.keep(f"its {name} has no plain form here.", call)
        for node in ast.walk(one.node):
            if (
                isinstance(node, ast.Attribute)
                and isinstance(node.value, ast.Name)
                and node.value.id in ("self", "cls")
                and re.match(r"assert[A-Z]|fail(?:If|Unless)", node.attr)
                and node.attr not in KNOWN
                and not one.defines(node.attr)
                and not one.inherits(node.attr)
            ):
                one.keep(f"it uses {node.attr}.", node)
        one.file.edits[:] = saved
    spread(list(classes.values()))
    for one in classes.values():
        if one.reason:
            one.new_name = ""


def _suites(one: TestClass, files: Sequence[SourceFile]) -> None:
    """A class that is given to a suite or a loader is used as a TestCase."""
    for file in files:
        if one.name not in file.text:
            continue
        for node in ast.walk(file.tree):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func).rpartition(".")[2]
                given = [each.id if isinstance(each, ast.Name) else getattr(each, "attr", "") for each in node.args]
                of_suites = called in ("makeSuite", "loadTestsFromTestCase", "TestSuite", "addTest", "findTestCases")
                if (one.name in given and of_suites) or called == one.name:
                    one.keep("it is loaded into a suite, or made by hand.", one.node)


def _assertions(one: TestClass) -> None:
    for call, name in _calls(one):
        if one.reason and name in (
            "assertCountEqual",
            "assertItemsEqual",
            "fail",
            "skipTest",
            "assertDictContainsSubset",
        ):
            continue
        rewrite(one.file, call, name)


def _shell(one: TestClass) -> None:
    """The class without its base, with pytest's names for what runs before and after a test."""
    file, node = one.file, one.node
    bases = [base for base in node.bases if file.dotted(base) in BASES]
    others = [base for base in node.bases if base not in bases]
    if bases and not others:
        start = file.text.index(node.name, file.start(node)) + len(node.name)
        end = file.text.index(")", file.end(node.bases[-1])) + 1
        file.edits.append((start, end, ""))
    elif bases:
        file.remove_elements(node.bases, bases)
    if one.new_name:
        at = file.text.index(node.name, file.start(node) + len("class"))
        file.edits.append((at, at + len(node.name), one.new_name))
    for each in node.body:
        if isinstance(each, ast.FunctionDef) and each.name in HOOKS:
            at = file.text.index(each.name, file.start(each) + len("def"))
            file.edits.append((at, at + len(each.name), HOOKS[each.name]))
        elif isinstance(each, ast.Assign) and ast.unparse(each.targets[0]) in ("maxDiff", "longMessage"):
            _remove_statement(file, each, node.body)
    for inner in ast.walk(node):
        if isinstance(inner, ast.Attribute) and inner.attr in HOOKS:
            _hook_call(one, inner)


def _hook_call(one: TestClass, node: ast.Attribute) -> None:
    """`super().setUp()`, `self.setUp()`."""
    file = one.file
    statement = file.parents.get(file.parents.get(node))  # type: ignore[arg-type]
    value = node.value
    is_super = isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "super"
    if is_super and not one.inherits(node.attr) and isinstance(statement, ast.Expr):
        body = getattr(file.parents.get(statement), "body", [])
        _remove_statement(file, statement, body)
    else:
        file.edits.append((file.end(node) - len(node.attr), file.end(node), HOOKS[node.attr]))


def _remove_statement(file: SourceFile, node: ast.stmt, body: Sequence[ast.stmt]) -> None:
    if len(body) == 1:
        file.replace(node, "pass")
        return
    rest = re.compile(r"[ \t]*(?:#[^\r\n]*)?(?:\r\n|\n|\r|\Z)").match(file.text, file.end(node))
    start = file.line_start(file.start(node))
    if rest and not file.text[start : file.start(node)].strip():
        blank = re.compile(r"[ \t]*(?:\r\n|\n|\r)").match(file.text, rest.end()) if body[0] is node else None
        file.edits.append((start, blank.end() if blank else rest.end(), ""))
    else:
        file.replace(node, "pass")


def _rename(files: Sequence[SourceFile], classes: dict[ast.ClassDef, TestClass]) -> None:
    """All uses of a class by its new name: in its own file, and where another file imports it."""
    renamed = [one for one in classes.values() if one.new_name]
    for file in files:
        own = {one.name: one.new_name for one in renamed if one.file is file}
        others = {one.name: one.new_name for one in renamed if one.file is not file and one.name not in own}
        new = {**others, **own}
        for node in ast.walk(file.tree) if any(name in file.text for name in new) else ():
            if isinstance(node, ast.Name) and node.id in new and (node.id in own or node.id in file.aliases):
                file.replace(node, new[node.id])
            elif isinstance(node, ast.Attribute) and node.attr in others and file.dotted(node):
                file.edits.append((file.end(node) - len(node.attr), file.end(node), others[node.attr]))
            elif isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    if alias.name in others:
                        start = file.start(alias)
                        file.edits.append((start, start + len(alias.name), others[alias.name]))


def _module(file: SourceFile, classes: dict[ast.ClassDef, TestClass]) -> None:
    """Decorators, functions of the module, and what starts the tests."""
    own = [one for one in classes.values() if one.file is file]
    for node in file.tree.body:
        if isinstance(node, ast.FunctionDef) and node.name in ("setUpModule", "tearDownModule") and not node.args.args:
            at = file.text.index(node.name, file.start(node))
            file.edits.append(
                (at, at + len(node.name), "setup_module" if node.name == "setUpModule" else "teardown_module")
            )
        elif isinstance(node, ast.FunctionDef) and node.name.startswith("test") and own and not _is_fixture(file, node):
            reason = f"pytest takes the function {node.name} for a test; unittest did not run it."
            file.row(node, reason, "Give it another name if it is none.")
        elif isinstance(node, ast.FunctionDef) and node.name == "load_tests":
            file.row(node, "pytest does not call load_tests.", "Choose tests by marks or options of pytest.")
        elif isinstance(node, ast.If) and "__main__" in ast.unparse(node.test):
            _start(file, node)
    for inner in ast.walk(file.tree):
        for decorator in getattr(inner, "decorator_list", ()):
            _mark(file, decorator)


def _is_fixture(file: SourceFile, node: ast.FunctionDef) -> bool:
    return bool(node.decorator_list) or "pytest" in file.aliases


def _start(file: SourceFile, node: ast.If) -> None:
    for each in node.body:
        call = each.value if isinstance(each, ast.Expr) else None
        if isinstance(call, ast.Call) and file.dotted(call.func) in ("unittest.main", "unittest.main.main"):
            file.replace(call, "raise SystemExit(pytest.main([__file__]))")
            file.want_module("pytest")


def _mark(file: SourceFile, decorator: ast.expr) -> None:
    call = decorator if isinstance(decorator, ast.Call) else None
    dotted = file.dotted(call.func if call else decorator)
    if dotted not in _MARKS or (call and call.keywords):
        return
    mark = f"pytest.mark.{_MARKS[dotted]}"
    arguments = call.args if call else []
    if dotted == "unittest.expectedFailure":
        new = f"{mark}(strict=True)"
    elif dotted == "unittest.skip":
        new = f"{mark}(reason={file.code(arguments[0])})" if arguments else mark
    elif len(arguments) == 2:
        condition = file.code(arguments[0])
        condition = f"not ({condition})" if dotted.endswith("Unless") and not condition.isidentifier() else condition
        condition = f"not {condition}" if dotted.endswith("Unless") and condition.isidentifier() else condition
        new = f"{mark}({condition}, reason={file.code(arguments[1])})"
    else:
        return
    file.replace(decorator, new)
    file.want_module("pytest")


if __name__ == "__main__":
    sys.setrecursionlimit(5000)
    main()
