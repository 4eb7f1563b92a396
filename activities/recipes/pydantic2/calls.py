"""Methods of models by their new names, where what they are called on is surely a model."""

import ast
from collections.abc import Iterator

from activities.migration.python.source import SourceFile
from activities.recipes.pydantic2.models import Instances, ModelClass, Models

_OF_INSTANCES = {"dict": "model_dump", "json": "model_dump_json", "copy": "model_copy"}
_OF_CLASSES = {
    "parse_obj": "model_validate",
    "from_orm": "model_validate",
    "validate": "model_validate",
    "parse_raw": "model_validate_json",
    "construct": "model_construct",
    "schema": "model_json_schema",
    "update_forward_refs": "model_rebuild",
}
_ATTRIBUTES = {"__fields__": "model_fields", "__fields_set__": "model_fields_set"}
_ONLY_PYDANTIC = frozenset(
    (
        "parse_obj",
        "from_orm",
        "parse_raw",
        "update_forward_refs",
        "schema_json",
        "parse_file",
        "__fields_set__",
        "__fields__",
    )
)
"""Names that nothing else has."""
_OF_DUMPS = frozenset(("exclude_none", "exclude_unset", "exclude_defaults", "by_alias", "skip_defaults"))
_OF_JSON = _OF_DUMPS | {"indent", "include", "exclude", "ensure_ascii"}
_LEFT = {
    "schema_json": "Write json.dumps(Model.model_json_schema()).",
    "parse_file": "Read the file, and call model_validate_json with its text.",
}
_DEFINED = {**_OF_INSTANCES, "parse_obj": "model_validate", "from_orm": "model_validate"}


def migrate_calls(models: Models, file: SourceFile) -> None:
    instances = Instances(models, file)
    for node in ast.walk(file.tree):
        parent = file.parents.get(node)
        if isinstance(node, ast.Attribute):
            _attribute(file, instances, node)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name in _DEFINED:
            if isinstance(parent, ast.ClassDef) and parent in models.of_node:
                _definition(file, node)
        elif isinstance(node, ast.keyword) and node.arg == "__root__":
            start = file.start(node)
            file.edits.append((start, start + len("__root__"), "root"))
        elif isinstance(node, ast.Constant) and node.value == "__root__" and isinstance(parent, ast.Subscript):
            fix = "What a RootModel is dumped as is the value itself."
            file.row(node, "There is no key `__root__` any more.", fix, True)


def _attribute(file: SourceFile, instances: Instances, node: ast.Attribute) -> None:
    name = node.attr
    if name == "__root__":
        _rename(file, node, "root")
        return
    if name not in _OF_INSTANCES and name not in _OF_CLASSES and name not in _ATTRIBUTES and name not in _LEFT:
        return
    call = file.parents.get(node)
    called = isinstance(call, ast.Call) and call.func is node
    of_model = bool(
        instances.of(node.value) or instances.is_class(node.value) or _is_super(file, instances, node.value)
    )
    if of_model and name in _ATTRIBUTES:
        if name == "__fields__" and not instances.is_class(node.value):
            file.insert(file.start(node), "type(")
            file.insert(file.end(node.value), ")")
        _rename(file, node, _ATTRIBUTES[name])
    elif of_model and called and name in _LEFT:
        file.row(node, f"{name}() is deprecated.", _LEFT[name])
    elif of_model and called and isinstance(call, ast.Call):
        _call(file, node, call, instances)
    elif not of_model and _surely_pydantic(node, call):
        new = {**_OF_INSTANCES, **_OF_CLASSES, **_ATTRIBUTES}.get(name)
        fix = f"If it is a model, write {new}." if new else _LEFT[name]
        file.row(node, f"{name} is deprecated, if this is called on a model.", fix)


def _is_super(file: SourceFile, instances: Instances, node: ast.expr) -> bool:
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super"):
        return False
    return instances.of_owner(node)


def _surely_pydantic(node: ast.Attribute, call: ast.AST | None) -> bool:
    if node.attr in _ONLY_PYDANTIC:
        return True
    called = isinstance(call, ast.Call) and call.func is node
    if not called or not isinstance(call, ast.Call):
        return False
    if node.attr == "dict":
        return not call.args
    return node.attr == "json" and any(keyword.arg in _OF_DUMPS for keyword in call.keywords)


def _rename(file: SourceFile, node: ast.Attribute, new: str) -> None:
    end = file.end(node)
    file.edits.append((end - len(node.attr), end, new))


def _call(file: SourceFile, node: ast.Attribute, call: ast.Call, instances: Instances) -> None:
    names = {keyword.arg: keyword for keyword in call.keywords}
    if node.attr == "validate" and not instances.is_class(node.value):
        return
    if problem := _why_not(node.attr, call):
        file.row(node, problem[0], problem[1], node.attr == "update_forward_refs")
        return
    if keyword := names.get("skip_defaults"):
        start = file.start(keyword)
        file.edits.append((start, start + len("skip_defaults"), "exclude_unset"))
    if node.attr == "update_forward_refs" and names:
        pairs = ", ".join(f'"{name}": {file.code(keyword.value)}' for name, keyword in names.items())
        first, last = call.keywords[0], call.keywords[-1]
        file.edits.append((file.start(first), file.end(last), f"_types_namespace={{{pairs}}}"))
    owner = instances.is_class(node.value)
    if node.attr == "from_orm" and owner and not _reads_attributes(owner.lineage()):
        reason = "model_validate() reads attributes only with from_attributes=True in model_config."
        file.row(node, reason, "Add it to the model.", True)
    _rename(file, node, {**_OF_INSTANCES, **_OF_CLASSES}[node.attr])


def _why_not(name: str, call: ast.Call) -> tuple[str, str] | None:
    """The reason and the fix where the new method does not take the arguments."""
    names = {keyword.arg for keyword in call.keywords}
    unknown = [each for each in names if each and each not in _OF_JSON]
    if name == "copy" and names & {"include", "exclude"}:
        return "copy() with include or exclude is deprecated.", "Dump the model, and validate what is left."
    if name == "json" and unknown:
        fix = 'Write json.dumps(model.model_dump(mode="json"), …), or use serializers.'
        return f"json() is deprecated, and model_dump_json() has no argument {unknown[0]}.", fix
    if name == "parse_raw" and len(call.args) + len(names) > 1:
        return "parse_raw() with more arguments is deprecated.", "Read the data, and call model_validate."
    if name == "update_forward_refs" and None in names:
        return "model_rebuild() takes names by _types_namespace.", "Write model_rebuild(_types_namespace={…})."
    return None


def _reads_attributes(lineage: Iterator[ModelClass]) -> bool:
    for one in lineage:
        source = one.file.code(one.node)
        if "orm_mode" in source or "from_attributes" in source:
            return True
    return False


def _definition(file: SourceFile, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    """A model's own `dict` overrides the method that is called now."""
    start = file.text.index(node.name, file.start(node) + len("def"))
    file.edits.append((start, start + len(node.name), _DEFINED[node.name]))
