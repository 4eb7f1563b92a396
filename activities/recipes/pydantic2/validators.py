"""`@validator` and `@root_validator` become `@field_validator` and `@model_validator`, where the function is right."""

import ast
from collections.abc import Iterator

from activities.migration.python.source import SourceFile
from activities.recipes.pydantic2.models import ModelClass, Models

_VALIDATOR = frozenset(("pydantic.validator", "pydantic.class_validators.validator"))
_ROOT = frozenset(("pydantic.root_validator", "pydantic.class_validators.root_validator"))
_FUNCTION = ast.FunctionDef | ast.AsyncFunctionDef


def migrate_validators(models: Models, file: SourceFile) -> None:
    for node in ast.walk(file.tree):
        if isinstance(node, _FUNCTION):
            parent = file.parents.get(node)
            model = models.of_node.get(parent) if isinstance(parent, ast.ClassDef) else None
            for decorator in node.decorator_list:
                name = file.dotted(decorator.func if isinstance(decorator, ast.Call) else decorator)
                if name in _VALIDATOR and isinstance(decorator, ast.Call):
                    _validator(file, model, node, decorator)
                elif name in _ROOT:
                    _root_validator(file, model, node, decorator)
        elif (
            isinstance(node, ast.Call) and isinstance(node.func, ast.Call) and file.dotted(node.func.func) in _VALIDATOR
        ):
            _reused(models, file, node, node.func)


def _flags(call: ast.Call) -> dict[str, bool | None]:
    """Keyword → its value, None for one that is not plain."""
    return {
        keyword.arg or "**": bool(keyword.value.value) if isinstance(keyword.value, ast.Constant) else None
        for keyword in call.keywords
    }


def _validator(
    file: SourceFile, model: ModelClass | None, node: ast.FunctionDef | ast.AsyncFunctionDef, call: ast.Call
) -> None:
    flags = _flags(call)
    problem = _why_kept(node, flags)
    if problem:
        breaks = "field" in problem or "config" in problem
        file.row(call, f"@validator is deprecated, and {problem}.", "Write it as @field_validator by hand.", breaks)
        return
    if any(isinstance(each, ast.Raise) and _raises(each, "TypeError") for each in ast.walk(node)):
        reason = "A TypeError in a validator is no longer a validation error."
        file.row(node, reason, "Raise a ValueError, or an AssertionError.")
    _signature(file, node)
    if flags.get("always"):
        _validate_defaults(file, model, call)
    _rewrite_decorator(file, call, "field_validator", flags)
    _class_method(file, node, call)


def _why_kept(node: ast.FunctionDef | ast.AsyncFunctionDef, flags: dict[str, bool | None]) -> str:
    """Why the function would not be right as a field validator, "" where it is."""
    arguments = node.args
    names = [each.arg for each in (*arguments.posonlyargs, *arguments.args)][2:]
    names += [each.arg for each in arguments.kwonlyargs]
    given = "config" if "config" in names else "field" if "field" in names and not _only_field_name(node) else ""
    unknown = [name for name in names if name not in ("values", "field", "config")]
    assigned = "values" in names and any(
        isinstance(each, ast.Name) and each.id == "values" and not isinstance(each.ctx, ast.Load)
        for each in ast.walk(node)
    )
    reasons = {
        "each_item has no counterpart": bool(flags.get("each_item")),
        "its arguments are not plain": None in flags.values() or "**" in flags,
        f"it uses `{given}`, which is no longer given": bool(given),
        f"its argument `{''.join(unknown[:1])}` is not known": bool(unknown),
        "it takes any arguments": bool(arguments.vararg or (arguments.kwarg and _uses(node, arguments.kwarg.arg))),
        "the name `info` is used in it": bool(names) and _uses(node, "info"),
        "it gives `values` another value": assigned,
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


def _only_field_name(node: ast.AST) -> bool:
    uses = [each for each in ast.walk(node) if isinstance(each, ast.Name) and each.id == "field"]
    return len(uses) == sum(_is_field_name(each) for each in ast.walk(node))


def _is_field_name(node: ast.AST) -> bool:
    if not (isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)):
        return False
    return (node.value.id, node.attr) == ("field", "name")


def _uses(node: ast.AST, name: str) -> bool:
    return any(isinstance(each, ast.Name) and each.id == name for each in ast.walk(node))


def _raises(node: ast.Raise, name: str) -> bool:
    raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
    return isinstance(raised, ast.Name) and raised.id == name


def _signature(file: SourceFile, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    """`values` and `field` are now parts of one argument."""
    arguments = node.args
    listed = [*arguments.posonlyargs, *arguments.args]
    extra = [*listed[2:], *arguments.kwonlyargs]
    if not extra and not arguments.kwarg:
        return
    first = listed[1]
    last = file.end(first.annotation) if first.annotation else file.end(first)
    taken: list[ast.arg] = [*extra, *([arguments.kwarg] if arguments.kwarg else [])]
    closing = max(file.end(each.annotation) if each.annotation else file.end(each) for each in taken)
    defaults = [each for each in (*arguments.defaults, *arguments.kw_defaults) if each is not None]
    closing = max([closing, *(file.end(each) for each in defaults)])
    new = ", info: ValidationInfo" if extra else ""
    file.edits.append((last, closing, new))
    if extra:
        file.want("pydantic", "ValidationInfo")
    for each in ast.walk(node):
        if isinstance(each, ast.Name) and each.id == "values" and any(one.arg == "values" for one in extra):
            file.replace(each, "info.data")
        elif _is_field_name(each) and isinstance(each, ast.Attribute):
            file.replace(each, "info.field_name")


def _validate_defaults(file: SourceFile, model: ModelClass | None, call: ast.Call) -> None:
    """`always=True`: the defaults of the fields are validated too."""
    for argument in call.args:
        name = argument.value if isinstance(argument, ast.Constant) else ""
        field = model.fields.get(str(name)) if model else None
        if field is None or model is None:
            reason = f"The default of {ast.unparse(argument)} is only validated with validate_default=True."
            file.row(argument, reason, "Give the field Field(…, validate_default=True).")
            continue
        value = field.value
        if isinstance(value, ast.Call) and file.dotted(value.func) in ("pydantic.Field", "pydantic.fields.Field"):
            if not any(each.arg == "validate_default" for each in value.keywords):
                ends = [*map(file.end, value.args), *map(file.end, value.keywords)]
                last = max(ends, default=0)
                if last:
                    file.insert(last, ", validate_default=True")
                else:
                    file.insert(file.end(value) - 1, "validate_default=True")
        elif value is not None:
            file.insert(file.start(value), "Field(")
            file.insert(file.end(value), ", validate_default=True)")
            file.want("pydantic", "Field")
        else:
            _default_of_none(file, field)


def _default_of_none(file: SourceFile, field: ast.AnnAssign) -> None:
    """What may be None has got a default by another edit at this place."""
    for number, (start, end, new) in enumerate(file.edits):
        if (start, end, new) == (file.end(field), file.end(field), " = None"):
            file.edits[number] = (start, end, " = Field(None, validate_default=True)")
            file.want("pydantic", "Field")


def _rewrite_decorator(file: SourceFile, call: ast.Call, name: str, flags: dict[str, bool | None]) -> None:
    file.replace(
        call.func, name if isinstance(call.func, ast.Name) else f"{file.code(call.func).rpartition('.')[0]}.{name}"
    )
    if isinstance(call.func, ast.Name):
        file.want("pydantic", name)
    gone = [each for each in call.keywords if each.arg in ("pre", "always", "allow_reuse", "each_item", "whole")]
    before = next((each for each in gone if each.arg == "pre" and flags.get("pre")), None)
    if before:
        file.edits.append((file.start(before), file.end(before), 'mode="before"'))
        gone.remove(before)
    if gone:
        file.remove_elements([*call.args, *call.keywords], gone)


def _class_method(file: SourceFile, node: ast.FunctionDef | ast.AsyncFunctionDef, decorator: ast.expr) -> None:
    names = {each.id for each in node.decorator_list if isinstance(each, ast.Name)}
    if not names & {"classmethod", "staticmethod"}:
        file.insert(file.end(decorator), f"{file.newline}{file.indent(node)}@classmethod")


def _reused(models: Models, file: SourceFile, node: ast.Call, call: ast.Call) -> None:
    """`_check = validator("name", allow_reuse=True)(function)`."""
    flags = _flags(call)
    name = node.args[0].id if node.args and isinstance(node.args[0], ast.Name) else ""
    found = models.functions.get((file.dotted(node.args[0]).rpartition(".")[2] or name) if name else "", [])
    plain = bool(found) and all(len(each.args.args) == 1 and not each.args.kwarg for each in found)
    if plain and not flags.get("each_item") and not flags.get("always") and None not in flags.values():
        _rewrite_decorator(file, call, "field_validator", flags)
    else:
        file.row(call, "validator is deprecated.", "Write it as field_validator by hand.")


def _root_validator(
    file: SourceFile, model: ModelClass | None, node: ast.FunctionDef | ast.AsyncFunctionDef, decorator: ast.expr
) -> None:
    flags = _flags(decorator) if isinstance(decorator, ast.Call) else {}
    name = decorator.func if isinstance(decorator, ast.Call) else decorator
    new = "model_validator" if isinstance(name, ast.Name) else f"{file.code(name).rpartition('.')[0]}.model_validator"
    mode = "before" if flags.get("pre") else "after"
    known = None not in flags.values() and "**" not in flags
    if mode == "before" and known:
        _write_model_validator(file, name, decorator, new, mode)
        _class_method(file, node, decorator)
    elif known and model is not None and (changes := _of_instance(file, model, node)) is not None:
        _write_model_validator(file, name, decorator, new, mode)
        file.edits += changes
        for each in node.decorator_list:
            if isinstance(each, ast.Name) and each.id == "classmethod":
                file.edits.append((file.line_start(file.start(each)), file.line_start(file.start(node)), ""))
    else:
        if not flags.get("skip_on_failure"):
            _skip_on_failure(file, decorator)
        fix = 'Write it as @model_validator(mode="after"), with self in place of values.'
        file.row(decorator, "@root_validator is deprecated.", fix)


def _write_model_validator(file: SourceFile, name: ast.expr, decorator: ast.expr, new: str, mode: str) -> None:
    file.edits.append((file.start(name), file.end(decorator), f'{new}(mode="{mode}")'))
    if isinstance(name, ast.Name):
        file.want("pydantic", "model_validator")


def _skip_on_failure(file: SourceFile, decorator: ast.expr) -> None:
    """Without it the class itself fails now."""
    if isinstance(decorator, ast.Call):
        at = file.end(decorator) - 1
        file.insert(at, ", skip_on_failure=True" if decorator.args or decorator.keywords else "skip_on_failure=True")
    else:
        file.insert(file.end(decorator), "(skip_on_failure=True)")


def _of_instance(
    file: SourceFile, model: ModelClass, node: ast.FunctionDef | ast.AsyncFunctionDef
) -> list[tuple[int, int, str]] | None:
    """The edits that make a function of `values` one of `self`; None where it does more than to read fields."""
    listed = node.args.args
    if len(listed) != 2 or node.args.kwonlyargs or node.args.kwarg or _uses(node, "self"):
        return None
    owner, values = listed[0].arg, listed[1].arg
    if any(isinstance(each, ast.Name) and each.id == owner for each in ast.walk(node)):
        return None
    read = list(_reads(file, model, node, values))
    if None in read:
        return None
    edits = [each for each in read if each is not None]
    last = file.end(listed[1].annotation) if listed[1].annotation else file.end(listed[1])
    edits.append((file.start(listed[0]), last, "self"))
    if node.returns:
        edits.append((file.start(node.returns), file.end(node.returns), f'"{model.name}"'))
    return edits


def _reads(file: SourceFile, model: ModelClass, node: ast.AST, values: str) -> Iterator[tuple[int, int, str] | None]:
    """One edit for each use of the values, None for one that only a dict has."""
    for each in ast.walk(node):
        if not (isinstance(each, ast.Name) and each.id == values):
            continue
        parent = file.parents.get(each)
        key: ast.AST | None = None
        whole: ast.AST | None = None
        if isinstance(parent, ast.Return):
            yield file.start(each), file.end(each), "self"
            continue
        if isinstance(parent, ast.Subscript) and isinstance(parent.ctx, ast.Load):
            key, whole = parent.slice, parent
        elif isinstance(parent, ast.Attribute) and parent.attr == "get":
            call = file.parents.get(parent)
            if isinstance(call, ast.Call) and len(call.args) == 1 and not call.keywords:
                key, whole = call.args[0], call
        name = key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else ""
        if isinstance(whole, ast.expr) and model.field_named(name):
            yield file.start(whole), file.end(whole), f"self.{name}"
        else:
            yield None
