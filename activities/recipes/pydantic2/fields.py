"""Fields of models: what may be None has a default, `Field` has new names for its arguments."""

import ast

from activities.migration.python.source import SourceFile
from activities.recipes.pydantic2.models import ModelClass

_FIELD = frozenset(("pydantic.Field", "pydantic.fields.Field"))
_RENAMED = {"min_items": "min_length", "max_items": "max_length", "regex": "pattern"}
_KNOWN = frozenset(
    [
        "default",
        "default_factory",
        "alias",
        "alias_priority",
        "validation_alias",
        "serialization_alias",
        "title",
        "field_title_generator",
        "description",
        "examples",
        "exclude",
        "discriminator",
        "deprecated",
        "json_schema_extra",
        "frozen",
        "validate_default",
        "repr",
        "init",
        "init_var",
        "kw_only",
        "pattern",
        "strict",
        "coerce_numbers_to_str",
        "gt",
        "ge",
        "lt",
        "le",
        "multiple_of",
        "allow_inf_nan",
        "max_digits",
        "decimal_places",
        "min_length",
        "max_length",
        "union_mode",
        "fail_fast",
        "exclude_if",
    ]
)
_TYPES = frozenset(
    (
        "pydantic.conlist",
        "pydantic.constr",
        "pydantic.conset",
        "pydantic.confrozenset",
        "pydantic.types.conlist",
        "pydantic.types.constr",
        "pydantic.types.conset",
    )
)
_URLS = frozenset(
    ("AnyUrl", "AnyHttpUrl", "HttpUrl", "FileUrl", "PostgresDsn", "RedisDsn", "AmqpDsn", "KafkaDsn", "MongoDsn")
)


def migrate_fields(model: ModelClass) -> None:
    file = model.file
    for name, node in model.fields.items():
        if name.startswith("_") and name != "__root__":
            continue
        if name == "__root__":
            _root(model, node)
        if file.dotted(_outer(node.annotation)) in ("typing.ClassVar", "typing_extensions.ClassVar"):
            continue
        _url_row(file, node)
        call = node.value if isinstance(node.value, ast.Call) and file.dotted(node.value.func) in _FIELD else None
        if node.value is None:
            if _may_be_none(file, node.annotation) and not model.is_root and name != "__root__":
                file.insert(file.end(node), " = None")
        elif isinstance(node.value, ast.Constant) and node.value.value is None:
            _make_optional(file, node)
        if call:
            _field_call(model, node, call)


def migrate_bare_fields(model: ModelClass) -> None:
    """`name = "a"`: pydantic 1 took the type of the value, pydantic 2 asks for an annotation."""
    file = model.file
    for node in model.node.body:
        if not (isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name)):
            continue
        target, value = node.targets[0], node.value
        if target.id.startswith("_") or target.id in ("Config", "model_config"):
            continue
        call = value if isinstance(value, ast.Call) and file.dotted(value.func) in _FIELD else None
        default = _default(call) if call else value
        const = next((each for each in call.keywords if each.arg == "const"), None) if call else None
        kind = type(default.value).__name__ if isinstance(default, ast.Constant) else ""
        if isinstance(value, ast.Call) and not call and not _makes_value(file, value):
            continue
        if const and kind in ("str", "int", "bool") and isinstance(default, ast.Constant):
            file.insert(file.end(target), f": Literal[{file.code(default)}]")
            file.want("typing", "Literal")
        elif kind in ("str", "int", "float", "bool", "bytes"):
            file.insert(file.end(target), f": {kind}")
        elif not isinstance(value, ast.Name | ast.Attribute | ast.Lambda):
            file.row(node, f"The field {target.id} has no annotation.", "Annotate it, or mark it with ClassVar.", True)
            continue
        if call:
            _call_arguments(model, call, const)


def _makes_value(file: SourceFile, call: ast.Call) -> bool:
    """Whether it is no decorator that was called (`_check = validator("a")(function)`, `x = property(f)`)."""
    named = call.func.id if isinstance(call.func, ast.Name) else ""
    return isinstance(call.func, ast.Name | ast.Attribute) and named not in ("property", "classmethod", "staticmethod")


def _default(call: ast.Call) -> ast.expr | None:
    if call.args:
        return call.args[0]
    return next((each.value for each in call.keywords if each.arg == "default"), None)


def migrate_types(file: SourceFile) -> None:
    """`conlist(…)`, `constr(…)` and the like, wherever they are."""
    for node in ast.walk(file.tree):
        if isinstance(node, ast.Call) and file.dotted(node.func) in _TYPES:
            for keyword in node.keywords:
                if keyword.arg in _RENAMED:
                    _rename(file, keyword, _RENAMED[keyword.arg])
                elif keyword.arg == "unique_items":
                    file.row(
                        keyword.value,
                        "unique_items is no longer there.",
                        "Use a set, or check it in a validator.",
                        True,
                    )


def _outer(node: ast.expr) -> ast.expr:
    return node.value if isinstance(node, ast.Subscript) else node


def _root(model: ModelClass, node: ast.AnnAssign) -> None:
    file = model.file
    for base in model.node.bases:
        dotted = file.dotted(base.value if isinstance(base, ast.Subscript) else base)
        if dotted in ("pydantic.BaseModel", "pydantic.main.BaseModel"):
            file.replace(base, "RootModel")
            file.want("pydantic", "RootModel")
            file.replace(node.target, "root")
            return
    fix = "Base the class on RootModel alone, and name the field `root`."
    file.row(node, "A field `__root__` needs a class based on RootModel.", fix, True)


def _parsed(node: ast.expr) -> ast.expr | None:
    """An annotation that is written as a text is read."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        try:
            return ast.parse(node.value, mode="eval").body
        except (SyntaxError, ValueError, RecursionError):
            return None
    return node


def _may_be_none(file: SourceFile, annotation: ast.expr, depth: int = 0) -> bool:
    node = _parsed(annotation)
    dotted = file.dotted(_outer(node)) if node else ""
    if node is None or depth > 10:
        return False
    if dotted in ("typing.Any", "typing.Optional", "typing_extensions.Any"):
        return True
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return any(_is_none(each) or _may_be_none(file, each, depth + 1) for each in (node.left, node.right))
    if isinstance(node, ast.Subscript) and dotted in (
        "typing.Union",
        "typing.Annotated",
        "typing_extensions.Annotated",
    ):
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        some = parts[:1] if dotted.endswith("Annotated") else parts
        return any(_is_none(each) or _may_be_none(file, each, depth + 1) for each in some)
    if isinstance(node, ast.Name):
        for statement in file.tree.body:
            if (
                isinstance(statement, ast.Assign)
                and isinstance(statement.targets[0], ast.Name)
                and statement.targets[0].id == node.id
            ):
                return _may_be_none(file, statement.value, depth + 1)
    return False


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _make_optional(file: SourceFile, node: ast.AnnAssign) -> None:
    """`x: int = None` took None by the default alone."""
    if _may_be_none(file, node.annotation) or isinstance(node.annotation, ast.Constant):
        return
    local = next((name for name, full in file.aliases.items() if full == "typing.Optional"), "")
    typing = next((name for name, full in file.aliases.items() if full == "typing"), "")
    if not local and typing:
        local = f"{typing}.Optional"
    if not local:
        file.want("typing", "Optional")
    file.insert(file.start(node.annotation), f"{local or 'Optional'}[")
    file.insert(file.end(node.annotation), "]")


def _rename(file: SourceFile, keyword: ast.keyword, new: str) -> None:
    start = file.start(keyword)
    file.edits.append((start, start + len(keyword.arg or ""), new))


def _field_call(model: ModelClass, node: ast.AnnAssign, call: ast.Call) -> None:
    file = model.file
    named = {keyword.arg for keyword in call.keywords}
    default = _default(call)
    has_default = default is not None or "default_factory" in named or None in named
    if not has_default and _may_be_none(file, node.annotation):
        opening = file.end(call.func) + file.text[file.end(call.func) :].index("(") + 1
        file.insert(opening, "None, " if call.keywords else "None")
    elif default is not None and _is_none(default):
        _make_optional(file, node)
    const = next((each for each in call.keywords if each.arg == "const"), None)
    _call_arguments(model, call, const if const and _literal(file, node, const, default) else None)


def _call_arguments(model: ModelClass, call: ast.Call, const: ast.keyword | None) -> None:
    """The arguments' new names. `const` is taken out, since an annotation says it."""
    file = model.file
    gone = [const] if const else []
    for keyword in call.keywords:
        name = keyword.arg or ""
        if name in _RENAMED:
            _rename(file, keyword, _RENAMED[name])
        elif name == "allow_mutation" and isinstance(keyword.value, ast.Constant) and keyword.value.value is False:
            file.edits.append((file.start(keyword), file.end(keyword), "frozen=True"))
        elif name == "allow_mutation":
            gone.append(keyword)
        elif name == "unique_items":
            file.row(keyword.value, "unique_items is no longer there.", "Use a set, or check it in a validator.", True)
        elif name == "env" and model.is_settings:
            _environment(file, keyword)
    _extra_arguments(file, call)
    if gone:
        file.remove_elements([*call.args, *call.keywords], gone)


def _extra_arguments(file: SourceFile, call: ast.Call) -> None:
    """All others were for the JSON schema."""
    known = _KNOWN | {*_RENAMED} | _HANDLED
    extra = [each for each in call.keywords if each.arg and each.arg not in known]
    if not extra:
        return
    first, last = extra[0], extra[-1]
    between = call.keywords[call.keywords.index(first) : call.keywords.index(last) + 1]
    if between == extra and not any(each.arg == "json_schema_extra" for each in call.keywords):
        pairs = ", ".join(f'"{each.arg}": {file.code(each.value)}' for each in extra)
        file.edits.append((file.start(first), file.end(last), f"json_schema_extra={{{pairs}}}"))
    else:
        fix = f"Put `{first.arg}` into json_schema_extra."
        file.row(first.value, "Field no longer takes other arguments for the JSON schema.", fix)


_HANDLED = frozenset(("allow_mutation", "const", "unique_items", "env"))


def _literal(file: SourceFile, node: ast.AnnAssign, keyword: ast.keyword, default: ast.expr | None) -> bool:
    """Whether the annotation says now that the value is constant, and the argument can go."""
    if not isinstance(keyword.value, ast.Constant) or keyword.value.value is not True:
        return isinstance(keyword.value, ast.Constant)
    if file.dotted(_outer(node.annotation)) in ("typing.Literal", "typing_extensions.Literal"):
        return True
    if isinstance(default, ast.Constant) and isinstance(default.value, str | int | bytes | bool):
        file.replace(node.annotation, f"Literal[{file.code(default)}]")
        file.want("typing", "Literal")
        return True
    file.row(keyword.value, "Field no longer has const.", "Annotate the field with Literal.", True)
    return False


def _environment(file: SourceFile, keyword: ast.keyword) -> None:
    """The name of the variable, or several."""
    value = keyword.value
    start = file.start(keyword)
    if isinstance(value, ast.Constant):
        file.edits.append((start, start + len("env"), "validation_alias"))
    elif isinstance(value, ast.List | ast.Tuple) and all(isinstance(each, ast.Constant) for each in value.elts):
        names = ", ".join(file.code(each) for each in value.elts)
        file.edits.append((start, file.end(keyword), f"validation_alias=AliasChoices({names})"))
        file.want("pydantic", "AliasChoices")
    else:
        file.row(value, "Field no longer has env.", "Use validation_alias.", True)
        return
    reason = "The variable's name is now an alias, so the field can no longer be set by its own name."
    file.row(value, reason, "If it is, add populate_by_name=True to model_config.")


def _url_row(file: SourceFile, node: ast.AnnAssign) -> None:
    for each in ast.walk(node.annotation):
        dotted = file.dotted(each) if isinstance(each, ast.Name | ast.Attribute) else ""
        if dotted.startswith("pydantic.") and dotted.rpartition(".")[2] in _URLS:
            reason = f"{dotted.rpartition('.')[2]} is no longer a str."
            if any(row.reason == reason for row in file.rows):
                return
            file.row(node, reason, "Write str(…) where the text is needed.")
            return
