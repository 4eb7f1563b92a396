"""`class Config` of a model becomes `model_config`, with the settings' new names."""

import ast
import re
from collections.abc import Sequence

from activities.migration.python.source import SourceFile
from activities.recipes.pydantic2.models import ModelClass

_RENAMED = {
    "allow_population_by_field_name": "populate_by_name",
    "anystr_lower": "str_to_lower",
    "anystr_strip_whitespace": "str_strip_whitespace",
    "anystr_upper": "str_to_upper",
    "keep_untouched": "ignored_types",
    "max_anystr_length": "str_max_length",
    "min_anystr_length": "str_min_length",
    "orm_mode": "from_attributes",
    "schema_extra": "json_schema_extra",
    "validate_all": "validate_default",
}
_DROPPED = frozenset(("smart_union", "underscore_attrs_are_private", "copy_on_model_validation", "post_init_call"))
"""What they asked for is always so now."""
_GONE = {
    "fields": "Give the fields their settings by Field.",
    "error_msg_templates": "Catch the error, and write its messages.",
    "getter_dict": 'Use a validator with mode="before".',
    "json_loads": "Parse the text before it is validated.",
    "json_dumps": "Write a method for the text that is needed.",
}
_WIDTH = 88


def migrate_config(model: ModelClass) -> None:
    file = model.file
    for node in model.node.body:
        if isinstance(node, ast.ClassDef) and node.name == "Config":
            _class(model, node)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            if name == "Config":
                file.row(node, "A model's Config is a dict now.", "Write model_config = ConfigDict(…).", True)
    for keyword in model.node.keywords:  # class A(BaseModel, orm_mode=True)
        if keyword.arg in _RENAMED:
            start = file.start(keyword)
            file.edits.append((start, start + len(keyword.arg), _RENAMED[keyword.arg]))


def _class(model: ModelClass, node: ast.ClassDef) -> None:
    file = model.file
    docstrings = [each for each in node.body if isinstance(each, ast.Expr)]
    settings = [each for each in node.body if isinstance(each, ast.Assign | ast.AnnAssign)]
    others = [each for each in node.body if not isinstance(each, ast.Assign | ast.AnnAssign | ast.Expr | ast.Pass)]
    if any(not _is_own_config(model, base) for base in node.bases) or node.decorator_list:
        file.row(node, "A model's Config is a dict now.", "Write model_config = ConfigDict(**other, …).", True)
        return
    if others or docstrings:
        _methods(file, others or docstrings)
        for each in settings:
            _rename_in_place(file, each)
        return
    pairs: list[tuple[str, ast.Assign | ast.AnnAssign, str]] = []
    for each in settings:
        name, value = _pair(each)
        if value is None or name in _DROPPED:
            continue
        if name in _GONE:
            file.row(each, f"A model's configuration no longer has {name}.", _GONE[name], True)
            continue
        if name == "allow_mutation":
            if isinstance(value, ast.Constant) and value.value is False:
                pairs.append(("frozen", each, "True"))
            continue
        pairs.append((_RENAMED.get(name, name), each, _value(file, name, value)))
    _write(model, node, pairs)


def _is_own_config(model: ModelClass, base: ast.expr) -> bool:
    """`Parent.Config`, which is taken over without a word now."""
    if not (isinstance(base, ast.Attribute) and base.attr == "Config"):
        return False
    parents = {ast.unparse(each.value if isinstance(each, ast.Subscript) else each) for each in model.node.bases}
    return ast.unparse(base.value) in parents


def _methods(file: SourceFile, others: Sequence[ast.stmt]) -> None:
    for each in others:
        name = getattr(each, "name", "")
        if name in ("customise_sources", "parse_env_var"):
            fix = (
                "Write settings_customise_sources." if name == "customise_sources" else "Write a validator or a source."
            )
            file.row(each, f"A settings' Config no longer has {name}.", fix, True)
        elif name:
            file.row(
                each, "A class Config is deprecated.", f"Write model_config = ConfigDict(…) with {name} as a function."
            )
        else:
            file.row(each, "A class Config is deprecated.", "Write model_config = ConfigDict(…).")


def _rename_in_place(file: SourceFile, node: ast.Assign | ast.AnnAssign) -> None:
    target = node.targets[0] if isinstance(node, ast.Assign) else node.target
    if isinstance(target, ast.Name) and target.id in _RENAMED:
        file.replace(target, _RENAMED[target.id])


def _pair(node: ast.Assign | ast.AnnAssign) -> tuple[str, ast.expr | None]:
    target = node.targets[0] if isinstance(node, ast.Assign) else node.target
    return (target.id if isinstance(target, ast.Name) else ""), node.value


def _value(file: SourceFile, name: str, value: ast.expr) -> str:
    dotted = file.dotted(value)
    if name == "extra" and re.fullmatch(r"pydantic(?:\.config)?\.Extra\.(?:allow|forbid|ignore)", dotted):
        return f'"{dotted.rpartition(".")[2]}"'
    return file.code(value)


def _write(model: ModelClass, node: ast.ClassDef, pairs: list[tuple[str, ast.Assign | ast.AnnAssign, str]]) -> None:
    file = model.file
    start, end = file.start(node), file.end(node)
    comments = any("#" in line for line in _outside_of_texts(file, node))
    if not pairs:
        _remove(model, node, start, end)
        return
    maker = "SettingsConfigDict" if model.is_settings else "ConfigDict"
    file.want("pydantic_settings" if model.is_settings else "pydantic", maker)
    indent = file.indent(node)
    line = f"model_config = {maker}({', '.join(f'{name}={value}' for name, _, value in pairs)})"
    short = len(indent) + len(line) <= _WIDTH and "\n" not in line
    if not comments and (short or len(pairs) == 1):
        file.edits.append((start, end, line))
        return
    inner = indent + "    "
    if not comments:
        lines = [f"{inner}{name}={value}," for name, _, value in pairs]
        file.edits.append((start, end, file.newline.join((f"model_config = {maker}(", *lines, f"{indent})"))))
        return
    first = node.body[0]
    head = file.text.rfind(":", start, file.start(first))
    file.edits.append((start, head + 1, f"model_config = {maker}("))
    kept = {each for _, each, _ in pairs}
    for name, each, value in pairs:
        file.edits.append((file.start(each), file.end(each), f"{name}={value},"))
    for other in node.body:
        if other not in kept:
            rest = re.compile(r"[^\r\n]*").match(file.text, file.end(other))
            above = file.line_start(file.start(other)) - len(file.newline)
            file.edits.append((above, rest.end() if rest else file.end(other), ""))
    line_end = re.compile(r"[^\r\n]*").match(file.text, end)
    file.insert(line_end.end() if line_end else end, f"{file.newline}{indent})")


def _outside_of_texts(file: SourceFile, node: ast.ClassDef) -> list[str]:
    """The class's source without its texts, so that a `#` is a comment."""
    last = re.compile(r"[^\r\n]*").match(file.text, file.end(node))
    text = file.text[file.start(node) : last.end() if last else file.end(node)]
    return re.sub(r"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'", "", text).splitlines()


def _remove(model: ModelClass, node: ast.ClassDef, start: int, end: int) -> None:
    file = model.file
    if len(model.node.body) == 1:
        file.edits.append((start, end, "pass"))
        return
    line = file.line_start(start)
    rest = re.compile(r"[ \t]*(?:\r\n|\n|\r|\Z)").match(file.text, end)
    if model.node.body[-1] is node:  # with the blank lines above
        line = len(file.text[:line].rstrip())
        line += len(file.newline) if file.text[line : line + 1] in ("\r", "\n") else 0
    file.edits.append((line, rest.end() if rest else end, ""))
