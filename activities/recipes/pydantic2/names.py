"""Names that moved out of pydantic, or are gone: imports, and every use as `pydantic.Name`."""

import ast

from activities.migration.python.source import ImportedName, SourceFile
from activities.recipes.pydantic2.models import SETTINGS

_EXTRA_TYPES = {"Color": "color", "PaymentCardNumber": "payment", "PaymentCardBrand": "payment"}
_MOVED = {
    "pydantic.BaseSettings": ("pydantic_settings", "BaseSettings"),
    "pydantic.env_settings.BaseSettings": ("pydantic_settings", "BaseSettings"),
    "pydantic.error_wrappers.ValidationError": ("pydantic", "ValidationError"),
    "pydantic.utils.to_camel": ("pydantic.alias_generators", "to_pascal"),
    "pydantic.utils.to_lower_camel": ("pydantic.alias_generators", "to_camel"),
    "pydantic.PyObject": ("pydantic", "ImportString"),
    "pydantic.types.PyObject": ("pydantic", "ImportString"),
    "pydantic.generics.GenericModel": ("pydantic", "BaseModel"),
    "pydantic.validate_arguments": ("pydantic", "validate_call"),
    "pydantic.decorator.validate_arguments": ("pydantic", "validate_call"),
    **{f"pydantic.{name}": (f"pydantic_extra_types.{module}", name) for name, module in _EXTRA_TYPES.items()},
    **{f"pydantic.color.{name}": ("pydantic_extra_types.color", name) for name in ("Color",)},
    **{
        f"pydantic.types.{name}": ("pydantic_extra_types.payment", name)
        for name in ("PaymentCardNumber", "PaymentCardBrand")
    },
}
"""The new name may differ: then its uses change too."""
_SPECIFIC = {
    "pydantic.fields.ModelField": "Use pydantic.fields.FieldInfo, which has another interface.",
    "pydantic.errors.PydanticValueError": "Use pydantic_core.PydanticCustomError.",
    "pydantic.errors.PydanticTypeError": "Use pydantic_core.PydanticCustomError.",
    "pydantic.main.ModelMetaclass": "Import it from pydantic._internal._model_construction, or do without it.",
    "pydantic.BaseConfig": "Use ConfigDict.",
    "pydantic.fields.SHAPE_LIST": "Read the annotation of the field.",
    "pydantic.fields.Undefined": "Use pydantic_core.PydanticUndefined.",
    "pydantic.fields.UndefinedType": "Use pydantic_core.PydanticUndefined.",
    "pydantic.typing.ForwardRef": "Import it from typing.",
    "pydantic.parse_file_as": "Read the file, and use TypeAdapter(…).validate_json.",
    "pydantic.tools.parse_file_as": "Read the file, and use TypeAdapter(…).validate_json.",
    "pydantic.stricturl": "Use Annotated[Url, UrlConstraints(…)].",
    "pydantic.networks.stricturl": "Use Annotated[Url, UrlConstraints(…)].",
    "pydantic.schema_of": "Use TypeAdapter(…).json_schema().",
    "pydantic.schema_json_of": "Use json.dumps(TypeAdapter(…).json_schema()).",
    "pydantic.tools.schema_of": "Use TypeAdapter(…).json_schema().",
    "pydantic.json.pydantic_encoder": "Use pydantic_core.to_jsonable_python.",
    "pydantic.json.ENCODERS_BY_TYPE": "Use pydantic_core.to_jsonable_python.",
    "pydantic.BaseConfig.Extra": 'Use the text, as in extra="forbid".',
}
_DEPRECATED = frozenset(
    ("pydantic.schema_of", "pydantic.schema_json_of", "pydantic.tools.schema_of", "pydantic.json.pydantic_encoder")
)
_GONE_MODULES = {
    "pydantic.schema": "Use model_json_schema, and pydantic.json_schema.",
    "pydantic.validators": "Write the check as a validator.",
    "pydantic.errors": "Use pydantic_core.PydanticCustomError.",
    "pydantic.datetime_parse": "Use TypeAdapter(datetime).",
    "pydantic.error_wrappers": "Use ValidationError alone.",
    "pydantic.typing": "Use typing.",
    "pydantic.class_validators": "Use field_validator and model_validator.",
}
_CUSTOM = {
    "__get_validators__": "Write __get_pydantic_core_schema__.",
    "__modify_schema__": "Write __get_pydantic_json_schema__.",
    "__post_init_post_parse__": "Write __post_init__.",
}
_AS = {"parse_obj_as": "validate_python", "parse_raw_as": "validate_json"}


def migrate_names(file: SourceFile, removed: frozenset[str]) -> None:
    """`removed` are the names that pydantic itself says it no longer has, as `pydantic.utils:name`."""
    renamed: dict[str, str] = {}
    for node in ast.walk(file.tree):
        if (
            isinstance(node, ast.ImportFrom)
            and node.module
            and not node.level
            and node.module.partition(".")[0] == "pydantic"
        ):
            for alias in node.names:
                _imported(file, node, alias, renamed, removed)
    for node in ast.walk(file.tree):
        if isinstance(node, ast.Name) and node.id in renamed and isinstance(node.ctx, ast.Load):
            file.replace(node, renamed[node.id])
        elif isinstance(node, ast.Attribute):
            _attribute(file, node, removed)
        elif isinstance(node, ast.Call):
            _parse_as(file, node)
        elif (
            isinstance(node, ast.FunctionDef)
            and node.name in _CUSTOM
            and isinstance(file.parents.get(node), ast.ClassDef)
        ):
            file.row(node, f"{node.name} is no longer called.", _CUSTOM[node.name], True)
        elif isinstance(node, ast.ClassDef):
            _generic(file, node)


def _imported(
    file: SourceFile, node: ast.ImportFrom, alias: ast.alias, renamed: dict[str, str], removed: frozenset[str]
) -> None:
    full = f"{node.module}.{alias.name}"
    if full in _MOVED:
        module, name = _MOVED[full]
        local = alias.asname or ""
        file.move(
            node, alias, ImportedName(module, name, local) if file.aliases.get(name) != f"{module}.{name}" else None
        )
        if not local and name != alias.name:
            renamed[alias.name] = name
        return
    if alias.name in _AS:
        return
    _gone(file, alias, node.module or "", alias.name, removed)


def _gone(file: SourceFile, node: ast.alias | ast.expr, module: str, name: str, removed: frozenset[str]) -> None:
    full = f"{module}.{name}"
    if full in _SPECIFIC:
        deprecated = full in _DEPRECATED
        reason = f"{full} is deprecated." if deprecated else f"pydantic 2 no longer has {full}."
        file.row(node, reason, _SPECIFIC[full], not deprecated)
    elif f"{module}:{name}" in removed:
        fix = _GONE_MODULES.get(
            module, "Use Annotated with Field in its place." if "Constrained" in name else "Do without it."
        )
        file.row(node, f"pydantic 2 no longer has {full}.", fix, True)
    elif module in ("pydantic.schema", "pydantic.validators"):
        file.row(node, f"pydantic 2 no longer has {full}.", _GONE_MODULES[module], True)


def _attribute(file: SourceFile, node: ast.Attribute, removed: frozenset[str]) -> None:
    dotted = file.dotted(node)
    if not dotted.startswith("pydantic.") or isinstance(file.parents.get(node), ast.Attribute):
        if dotted in ("pydantic.Extra.allow", "pydantic.Extra.forbid", "pydantic.Extra.ignore") and isinstance(
            node.value, ast.Name
        ):
            file.replace(node, f'"{node.attr}"')
        return
    if dotted in ("pydantic.Extra.allow", "pydantic.Extra.forbid", "pydantic.Extra.ignore"):
        file.replace(node, f'"{node.attr}"')
    elif isinstance(node.value, ast.Name) and file.aliases.get(node.value.id, "").count(".") >= 1:
        return  # a member of an imported class
    elif dotted in _MOVED and dotted not in ("pydantic.generics.GenericModel",):
        module, name = _MOVED[dotted]
        if module == "pydantic":
            file.edits.append((file.end(node) - len(node.attr), file.end(node), name))
        else:
            file.replace(node, name)
            file.want(module, name)
    elif dotted in SETTINGS:
        return
    else:
        module, _, name = dotted.rpartition(".")
        _gone(file, node, module, name, removed)


def _parse_as(file: SourceFile, node: ast.Call) -> None:
    """`parse_obj_as(List[int], value)`."""
    dotted = file.dotted(node.func)
    name = dotted.rpartition(".")[2]
    if name not in _AS or not dotted.startswith("pydantic."):
        return
    if len(node.args) != 2 or node.keywords:
        file.row(node, f"{name} is deprecated.", f"Use TypeAdapter(…).{_AS[name]}.", name == "parse_raw_as")
        return
    adapter = (
        "TypeAdapter" if isinstance(node.func, ast.Name) else f"{file.code(node.func).partition('.')[0]}.TypeAdapter"
    )
    if isinstance(node.func, ast.Name):
        file.want("pydantic", "TypeAdapter")
    opening = file.start(node.args[0])
    file.edits.append((file.start(node.func), opening, f"{adapter}("))
    file.edits.append((file.end(node.args[0]), file.start(node.args[1]), f").{_AS[name]}("))


def _generic(file: SourceFile, node: ast.ClassDef) -> None:
    """`class A(GenericModel, Generic[T])` that is BaseModel too by then."""
    names = [file.dotted(base) for base in node.bases]
    if "pydantic.generics.GenericModel" in names and "pydantic.BaseModel" in names:
        base = node.bases[names.index("pydantic.generics.GenericModel")]
        file.remove_elements(node.bases, [base])
