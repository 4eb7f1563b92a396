"""Assertions of unittest as plain ones and pytest's own, by ranges, so that comments and line breaks stay."""

import ast
import re

from activities.migration.python.source import SourceFile

_COMPARED = {
    "assertEqual": "==", "assertEquals": "==", "assertNotEqual": "!=", "assertNotEquals": "!=",
    "assertIs": "is", "assertIsNot": "is not", "assertIn": "in", "assertNotIn": "not in",
    "assertGreater": ">", "assertGreaterEqual": ">=", "assertLess": "<", "assertLessEqual": "<=",
    "assertListEqual": "==", "assertTupleEqual": "==", "assertDictEqual": "==", "assertSetEqual": "==",
    "assertMultiLineEqual": "==", "failUnlessEqual": "==", "failIfEqual": "!=",
}  # fmt: skip
_ONE = {
    "assertTrue": ("", ""), "assert_": ("", ""), "failUnless": ("", ""),
    "assertFalse": ("not ", ""), "failIf": ("not ", ""),
    "assertIsNone": ("", " is None"), "assertIsNotNone": ("", " is not None"),
}  # fmt: skip
_KEPT = frozenset(("assertCountEqual", "assertItemsEqual", "assertDictContainsSubset"))
"""What a plain assertion would not say as well: called on a TestCase that is made for it."""
_CONTEXTS = {
    "assertRaises": "raises", "assertRaisesRegex": "raises", "assertRaisesRegexp": "raises",
    "assertWarns": "warns", "assertWarnsRegex": "warns", "failUnlessRaises": "raises",
}  # fmt: skip
KNOWN = frozenset((
    *_COMPARED, *_ONE, *_CONTEXTS, *_KEPT, "assertIsInstance", "assertNotIsInstance", "assertAlmostEqual",
    "assertAlmostEquals", "assertNotAlmostEqual", "assertRegex", "assertRegexpMatches", "assertNotRegex",
    "assertSequenceEqual", "fail", "skipTest",
))  # fmt: skip
"""Methods of TestCase that are replaced."""
_LOOSE = (ast.Compare, ast.BoolOp, ast.IfExp, ast.Lambda, ast.NamedExpr, ast.Yield, ast.YieldFrom, ast.GeneratorExp)


def rewrite(file: SourceFile, call: ast.Call, name: str) -> bool:
    """Replaces a call of a method of TestCase; False where it is left."""
    unpacked = any(isinstance(each, ast.Starred) for each in call.args) or any(
        each.arg is None for each in call.keywords
    )
    if name in ("fail", "skipTest"):
        return _function(file, call, name)
    if name in _CONTEXTS:
        return not unpacked and _context(file, call, name, file.parents.get(call))
    arguments = None if unpacked else _Arguments.of(call, name)
    if arguments is None or not isinstance(file.parents.get(call), ast.Expr):
        return False
    if name in _KEPT:
        new = "assertCountEqual" if name == "assertItemsEqual" else name
        file.edits.append((file.start(call), file.end(call.func), f"unittest.TestCase().{new}"))
        file.want_module("unittest")
        return True
    return _plain(file, call, name, arguments)


class _Arguments:
    """The arguments of an assertion by what they are."""

    def __init__(self, values: list[ast.expr], message: ast.expr | None, extra: dict[str, ast.expr]) -> None:
        self.values, self.message, self.extra = values, message, extra

    @classmethod
    def of(cls, call: ast.Call, name: str) -> "_Arguments | None":
        count = 1 if name in _ONE else 2
        named = {each.arg: each.value for each in call.keywords if each.arg}
        listed = list(call.args)
        for key in ("first", "second", "expr", "obj", "cls", "member", "container", "a", "b", "expr1", "expr2"):
            if key in named:  # such calls are rare, and their order may differ
                return None
        if len(listed) < count:
            return None
        message = named.pop("msg", None) or (listed[count] if len(listed) > count and "Almost" not in name else None)
        extra = {key: value for key, value in named.items() if key in ("places", "delta")}
        if "Almost" in name:
            rest = listed[2:]
            for key, value in zip(("places", "msg", "delta"), rest, strict=False):
                if key == "msg":
                    message = value
                else:
                    extra[key] = value
        if set(named) - set(extra) or len(listed) > count + (3 if "Almost" in name else 1):
            return None
        return cls(listed[:count], message, extra)


def _operand(file: SourceFile, node: ast.expr, *, alone: bool = False) -> str:
    """Its source, in parentheses where it would not be one operand."""
    code = file.edited(node)
    return f"({code})" if _is_loose(node, code, alone=alone) else code


def _is_loose(node: ast.expr, code: str, *, alone: bool = False) -> bool:
    loose = (ast.NamedExpr, ast.Yield, ast.YieldFrom, ast.GeneratorExp) if alone else _LOOSE
    is_not = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not) and not alone
    return (isinstance(node, loose) or is_not) and (not code.startswith("(") or _is_loose_inside(code))


def _is_loose_inside(code: str) -> bool:
    """Whether the parentheses at its ends are not one pair."""
    depth = 0
    for index, character in enumerate(code):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth == 0 and index < len(code) - 1:
            return True
    return False


def _plain(file: SourceFile, call: ast.Call, name: str, arguments: _Arguments) -> bool:
    if name in _COMPARED and _keep_layout(file, call, name, arguments):
        return True
    first, second = arguments.values[0], arguments.values[-1]
    negated = "not " if "Not" in name else ""
    if name in _COMPARED:
        text = f"{_operand(file, first)} {_COMPARED[name]} {_operand(file, second)}"
    elif name in _ONE:
        before, after = _ONE[name]
        text = f"{before}{_operand(file, first, alone=not before and not after)}{after}"
    elif name in ("assertIsInstance", "assertNotIsInstance"):
        text = f"{negated}isinstance({file.edited(first)}, {file.edited(second)})"
    elif name in ("assertRegex", "assertRegexpMatches", "assertNotRegex"):
        file.want_module("re")
        text = f"{negated}re.search({file.edited(second)}, {file.edited(first)})"
    elif name == "assertSequenceEqual":
        text = f"list({file.edited(first)}) == list({file.edited(second)})"
    else:
        text = _almost(file, name, arguments)
    _write(file, call, text, arguments.message)
    return True


def _almost(file: SourceFile, name: str, arguments: _Arguments) -> str:
    """As TestCase itself compares."""
    a, b = map(file.edited, arguments.values)
    a = a if re.fullmatch(r"[\w.()\[\]\"']+", a) else f"({a})"
    b = b if re.fullmatch(r"[\w.()\[\]\"']+", b) else f"({b})"
    is_not = "Not" in name
    if "delta" in arguments.extra:
        return f"abs({a} - {b}) {'>' if is_not else '<='} {_operand(file, arguments.extra['delta'])}"
    places = file.edited(arguments.extra["places"]) if "places" in arguments.extra else "7"
    return f"round(abs({a} - {b}), {places}) {'!=' if is_not else '=='} 0"


def _write(file: SourceFile, call: ast.Call, text: str, message: ast.expr | None) -> None:
    if "\n" in text:
        text = f"({text})"
    said = f", {_operand(file, message, alone=True)}" if message is not None else ""
    if "\n" in said:
        said = f", ({said[2:]})"
    file.replace(call, f"assert {text}{said}")


def _keep_layout(file: SourceFile, call: ast.Call, name: str, arguments: _Arguments) -> bool:
    """A comparison over several lines keeps them, with their comments."""
    code = file.code(call)
    if "\n" not in code or call.keywords or arguments.message is not None:
        return False
    first, second = arguments.values
    between = file.text[file.end(first) : file.start(second)]
    comma = _comma(between)
    if comma is None or "\n" not in file.text[file.end(call.func) : file.start(first)]:
        return False
    for each in (first, second):
        if _is_loose(each, file.code(each)):
            file.insert(file.start(each), "(")
            file.insert(file.end(each), ")")
    file.edits.append((file.start(call), file.end(call.func), "assert "))
    at = file.end(first) + comma
    file.edits.append((at, at + 1, ""))
    file.insert(file.start(second), f"{_COMPARED[name]} ")
    last = _comma(file.text[file.end(second) : file.end(call)])
    if last is not None:
        file.edits.append((file.end(second) + last, file.end(second) + last + 1, ""))
    return True


def _comma(text: str) -> int | None:
    """Where the comma is, outside of comments and parentheses."""
    for match in re.finditer(r"#[^\r\n]*|,", text):
        if match[0] == ",":
            return match.start()
    return None


def _function(file: SourceFile, call: ast.Call, name: str) -> bool:
    file.edits.append((file.start(call), file.end(call.func), "pytest.fail" if name == "fail" else "pytest.skip"))
    if name == "fail" and not call.args and not call.keywords:
        file.insert(file.end(call) - 1, '"failed"')
    for each in call.keywords:
        if each.arg == "msg":
            file.edits.append((file.start(each), file.start(each) + 3, "reason"))
    file.want_module("pytest")
    return True


def _context(file: SourceFile, call: ast.Call, name: str, parent: ast.AST | None) -> bool:
    """`with self.assertRaises(E) as caught:`, and the call with a function."""
    regex = "Regex" in name
    count = 2 if regex else 1
    keywords = [each for each in call.keywords if each.arg == "msg"]
    in_with = isinstance(parent, ast.withitem)
    if len(call.args) < count or (in_with and (len(call.args) > count or len(keywords) != len(call.keywords))):
        return False
    error = file.code(call.args[0])
    match = f", match={file.code(call.args[1])}" if regex else ""
    new = f"pytest.{_CONTEXTS[name]}({error}{match})"
    if isinstance(parent, ast.withitem):
        if parent.optional_vars is not None and not _caught(file, parent, _CONTEXTS[name]):
            return False
        file.replace(call, new)
    elif isinstance(parent, ast.Expr) and len(call.args) > count:
        function, rest = call.args[count], call.args[count + 1 :]
        inner = [file.edited(each) for each in rest] + [
            f"{each.arg}={file.edited(each.value)}" for each in call.keywords
        ]
        if isinstance(function, ast.Lambda) and not inner and not function.args.args:
            body = file.edited(function.body)
        elif isinstance(function, ast.Name | ast.Attribute | ast.Call | ast.Subscript):
            body = f"{file.edited(function)}({', '.join(inner)})"
        else:
            body = f"({file.edited(function)})({', '.join(inner)})"
        file.replace(call, f"with {new}:{file.newline}{file.indent(parent)}    {body}")
    else:
        return False
    file.want_module("pytest")
    return True


def _caught(file: SourceFile, item: ast.withitem, kind: str) -> bool:
    """What was caught is `value` of pytest's object, if it is only asked for in this function."""
    if not isinstance(item.optional_vars, ast.Name) or kind != "raises":
        return False
    name = item.optional_vars.id
    scope: ast.AST = item
    while scope in file.parents and not isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef):
        scope = file.parents[scope]
    edits = []
    for node in ast.walk(scope):
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load):
            parent = file.parents.get(node)
            if not (isinstance(parent, ast.Attribute) and parent.attr in ("exception", "value")):
                return False
            if parent.attr == "exception":
                edits.append((file.end(parent) - len("exception"), file.end(parent), "value"))
    for edit in edits:
        if edit not in file.edits:
            file.edits.append(edit)
    return True
