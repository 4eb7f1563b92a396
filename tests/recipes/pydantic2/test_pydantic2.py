"""The recipe on small projects: what must stay as it is comes first. All files of the cases are migrated in one run."""

from pathlib import Path

import pytest

from activities.migration.python.requirements import change_ranges
from activities.migration.recipe import SourceTree
from activities.recipes import registry
from activities.recipes.pydantic2.packages import add_companions, upgrade_range
from activities.untrusted_files import UntrustedFolder
from tests.recipes.harness import migrate

RECIPE = registry()["pydantic2"]

_UNTOUCHED = {
    "no_model.py": "from typing import Optional\nimport requests\n\n\nclass A:\n    x: Optional[int]\n\n    class Config:\n        orm_mode = True\n\n\nrequests.get('a').json()\n{}.copy()\n",
    "new.py": "from pydantic import BaseModel, ConfigDict, field_validator\n\n\nclass B(BaseModel):\n    model_config = ConfigDict(extra='forbid')\n    x: int  = 1\n\n    @field_validator('x')\n    @classmethod\n    def f(cls, v):\n        return v\n",
    "v1.py": "from pydantic.v1 import BaseModel\nfrom typing import Optional\n\n\nclass OldOne(BaseModel):\n    x: Optional[int]\n",
    "broken.py": "import pydantic\ndef f(:\n",
}
_HEAD = "from typing import ClassVar, List, Optional, Union\nfrom pydantic import BaseModel, Field\n\n\n"
_CASES = {
    "optional.py": (
        _HEAD + "Maybe = Optional[int]\n\n\nclass C(BaseModel):\n    a: Optional[int]  # kept\n    b: 'Union[int, None]'\n    c: Maybe\n    d: Optional[int] = ...\n"
        "    e: Optional[int] = Field(title='t')\n    f: int = None\n    g: ClassVar[Optional[int]]\n    _h: Optional[int]\n    i: int\n    j: List[Optional[int]]\n",
        _HEAD + "Maybe = Optional[int]\n\n\nclass C(BaseModel):\n    a: Optional[int] = None  # kept\n    b: 'Union[int, None]' = None\n    c: Maybe = None\n    d: Optional[int] = ...\n"
        "    e: Optional[int] = Field(None, title='t')\n    f: Optional[int] = None\n    g: ClassVar[Optional[int]]\n    _h: Optional[int]\n    i: int\n    j: List[Optional[int]]\n",
    ),
    "field.py": (
        "from pydantic import BaseModel, Field, constr\r\n\r\n\r\nclass D(BaseModel):\r\n    a: str = Field(..., regex='^a', min_items=1, example=3)\r\n"
        "    b: str = Field('x', const=True)\r\n    c: int = Field(1, allow_mutation=False)\r\n    d: constr(regex='a')\r\n    e = 'text'\r\n",
        "from typing import Literal\r\nfrom pydantic import BaseModel, Field, constr\r\n\r\n\r\nclass D(BaseModel):\r\n    a: str = Field(..., pattern='^a', min_length=1, json_schema_extra={\"example\": 3})\r\n"
        "    b: Literal['x'] = Field('x')\r\n    c: int = Field(1, frozen=True)\r\n    d: constr(pattern='a')\r\n    e: str = 'text'\r\n",
    ),
    "config.py": (
        "from pydantic import BaseModel, Extra\n\n\nclass E(BaseModel):\n    x: int\n\n    class Config:\n        orm_mode = True  # from rows\n        smart_union = True\n        extra = Extra.forbid\n\n\n"
        "class F(E):\n    y: int\n\n    class Config(E.Config):\n        allow_mutation = False\n\n\nclass G(BaseModel):\n    z: int\n\n    class Config:\n        pass\n",
        "from pydantic import BaseModel, ConfigDict\n\n\nclass E(BaseModel):\n    x: int\n\n    model_config = ConfigDict(\n        from_attributes=True,  # from rows\n        extra=\"forbid\",\n    )\n\n\n"
        "class F(E):\n    y: int\n\n    model_config = ConfigDict(frozen=True)\n\n\nclass G(BaseModel):\n    z: int\n",
    ),
    "validators.py": (
        "from pydantic import BaseModel, root_validator, validator\n\n\nclass H(BaseModel):\n    a: int = 1\n    b: int = 2\n\n    @validator('a', pre=True, always=True)\n    def f(cls, v, values, **kwargs):\n        return values.get('b') or v\n\n"
        "    @validator(\n        'b',\n        allow_reuse=True,\n    )\n    def g(cls, v):\n        return v\n\n    @root_validator\n    def h(cls, values):\n        if values['a'] > values.get('b'):\n            raise ValueError\n        return values\n\n"
        "    @root_validator(pre=True)\n    def i(cls, values):\n        return values\n",
        "from pydantic import BaseModel, Field, ValidationInfo, field_validator, model_validator\n\n\nclass H(BaseModel):\n    a: int = Field(1, validate_default=True)\n    b: int = 2\n\n    @field_validator('a', mode=\"before\")\n    @classmethod\n    def f(cls, v, info: ValidationInfo):\n        return info.data.get('b') or v\n\n"
        "    @field_validator(\n        'b',\n    )\n    @classmethod\n    def g(cls, v):\n        return v\n\n    @model_validator(mode=\"after\")\n    def h(self):\n        if self.a > self.b:\n            raise ValueError\n        return self\n\n"
        "    @model_validator(mode=\"before\")\n    @classmethod\n    def i(cls, values):\n        return values\n",
    ),
    "settings.py": (
        "from pydantic import BaseSettings, Field\n\n\nclass J(BaseSettings):\n    a: str = Field(..., env='A')\n\n    class Config:\n        env_file = '.env'\n",
        "from pydantic import Field\nfrom pydantic_settings import BaseSettings, SettingsConfigDict\n\n\nclass J(BaseSettings):\n    a: str = Field(..., validation_alias='A')\n\n    model_config = SettingsConfigDict(env_file='.env')\n",
    ),
    "root.py": (
        "from typing import List\nimport pydantic\n\n\nclass K(pydantic.BaseModel):\n    __root__: List[int]\n\n    def first(self):\n        return self.__root__[0]\n\n\nK(__root__=[1])\n",
        "from typing import List\nfrom pydantic import RootModel\n\n\nclass K(RootModel):\n    root: List[int]\n\n    def first(self):\n        return self.root[0]\n\n\nK(root=[1])\n",
    ),
    "generic.py": (
        "from typing import Generic, TypeVar\nfrom pydantic import BaseModel, parse_obj_as\nfrom pydantic.generics import GenericModel\n\nT = TypeVar('T')\n\n\nclass L(GenericModel, Generic[T]):\n    x: T\n\n\nparse_obj_as(L[int], {})\nBaseModel\n",
        "from typing import Generic, TypeVar\nfrom pydantic import BaseModel, TypeAdapter\n\nT = TypeVar('T')\n\n\nclass L(BaseModel, Generic[T]):\n    x: T\n\n\nTypeAdapter(L[int]).validate_python({})\nBaseModel\n",
    ),
    "calls.py": (
        "from typing import List\nfrom optional import C\n\n\ndef make() -> C: ...\n\n\ndef f(c: C, cs: List[C], other):\n    d = make()\n    c.dict(), d.json(by_alias=True), [one.copy() for one in cs], cs[0].dict(), C.parse_obj({}).dict()\n    c.__fields__, C.__fields__, C.schema()\n    other.copy()\n    return other.json()\n",
        "from typing import List\nfrom optional import C\n\n\ndef make() -> C: ...\n\n\ndef f(c: C, cs: List[C], other):\n    d = make()\n    c.model_dump(), d.model_dump_json(by_alias=True), [one.model_copy() for one in cs], cs[0].model_dump(), C.model_validate({}).model_dump()\n    type(c).model_fields, C.model_fields, C.model_json_schema()\n    other.copy()\n    return other.json()\n",
    ),
}  # fmt: skip
_LEFT = {
    "left.py": (
        "from pydantic import BaseModel, root_validator, validator\nfrom pydantic.errors import PydanticValueError\n\n\nclass M(BaseModel):\n    a: int\n\n    @validator('a', each_item=True)\n    def f(cls, v):\n        return v\n\n"
        "    @validator('a')\n    def g(cls, v, field):\n        return field.default\n\n    @root_validator\n    def h(cls, values):\n        values['a'] = 1\n        return values\n\n\ndef i(x):\n    return x.dict(), x.parse_obj(1), x.get('dict')\n\n\nclass N:\n    @classmethod\n    def __get_validators__(cls): ...\n",
        [
            (2, "pydantic 2 no longer has pydantic.errors.PydanticValueError."),
            (8, "@validator is deprecated, and each_item has no counterpart."),
            (12, "@validator is deprecated, and it uses `field`, which is no longer given."),
            (16, "@root_validator is deprecated."),
            (23, "dict is deprecated, if this is called on a model."),
            (23, "parse_obj is deprecated, if this is called on a model."),
            (28, "__get_validators__ is no longer called."),
        ],
    ),
}  # fmt: skip


def _tree(folder: Path, files: dict[str, str]) -> SourceTree:
    folder.mkdir(exist_ok=True)
    for path, text in files.items():
        (folder / path).write_bytes(text.encode())
    return SourceTree(UntrustedFolder(folder), tuple(sorted(files)))


async def test_code_is_migrated_where_it_is_sure_and_named_where_not(tmp_path: Path) -> None:
    before = {path: code for path, (code, _) in _CASES.items()} | {path: code for path, (code, _) in _LEFT.items()}
    _tree(tmp_path / "a", {**_UNTOUCHED, **before})
    done = await migrate(tmp_path / "a", RECIPE, tmp_path / "data", only=("code",))
    assert not done.reports["code"].problem
    found = {path: (tmp_path / "a" / path).read_bytes().decode() for path in (*_UNTOUCHED, *_CASES)}
    assert found == {**_UNTOUCHED, **{path: code for path, (_, code) in _CASES.items()}}
    rows = [(row.file, row.line, row.reason) for row in done.leftovers]
    assert {row[0] for row in rows} == {"broken.py", "left.py", "settings.py"}
    assert sorted(row[1:] for row in rows if row[0] == "left.py") == _LEFT["left.py"][1]
    assert "@root_validator(skip_on_failure=True)" in (tmp_path / "a" / "left.py").read_text()
    again = await migrate(tmp_path / "a", RECIPE, tmp_path / "data", only=("code",))
    assert again.changed == {"code": ()}


_REQUIRED = [
    ("requirements.txt", "flask==1\n", None),
    ("requirements.txt", "pydantic>=2.1\n", None),
    ("requirements.txt", "# pydantic<2\nmy-pydantic<2\n", None),
    ("requirements.txt", "pydantic[email]>=1.8,<2 ; python_version > '3'  # why\n", "pydantic[email]>=2,<3 ; python_version > '3'  # why\n"),
    ("requirements.txt", "pydantic\r\nflask\r\n", "pydantic>=2\r\nflask\r\n"),
    ("setup.cfg", "[options]\ninstall_requires =\n    pydantic>=1, <2\n    x\n", "[options]\ninstall_requires =\n    pydantic>=2, <3\n    x\n"),
    ("setup.py", "setup(install_requires=['pydantic~=1.9', 'x'])\n", "setup(install_requires=['pydantic>=2,<3', 'x'])\n"),
    ("pyproject.toml", '[project]\ndependencies=["pydantic<2"]\n', '[project]\ndependencies=["pydantic>=2,<3"]\n'),
    ("pyproject.toml", '[tool.poetry.dependencies]\npydantic = {version = "^1.8", extras = ["email"]}\n', '[tool.poetry.dependencies]\npydantic = {version = "^2.0", extras = ["email"]}\n'),
]  # fmt: skip


@pytest.mark.parametrize(("path", "text", "expected"), _REQUIRED)
def test_the_requirement_is_raised_in_its_own_style(tmp_path: Path, path: str, text: str, expected: str | None) -> None:
    tree = _tree(tmp_path, {path: text})
    for _ in range(2):
        assert list(change_ranges(tree, ("pydantic",), upgrade_range)) == []
        assert (tmp_path / path).read_bytes().decode() == (expected or text)


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("requirements.txt", "pydantic>=2\nx\n", "pydantic>=2\npydantic-settings>=2\nx\n"),
        ("pyproject.toml", '[project]\ndependencies = [\n  "pydantic>=2"  # a\n]\n', '[project]\ndependencies = [\n  "pydantic>=2",  # a\n  "pydantic-settings>=2"\n]\n'),
        ("setup.py", "setup(install_requires=['pydantic>=2', 'x'])\n", "setup(install_requires=['pydantic>=2', 'pydantic-settings>=2', 'x'])\n"),
        ("pyproject.toml", '[tool.poetry.dependencies]\npydantic = "^2.0"\n', '[tool.poetry.dependencies]\npydantic = "^2.0"\npydantic-settings = "^2.0"\n'),
    ],
)  # fmt: skip
def test_settings_need_their_own_package(tmp_path: Path, path: str, text: str, expected: str) -> None:
    tree = _tree(tmp_path, {path: text, "a.py": "from pydantic import BaseSettings\n"})
    for _ in range(2):
        assert list(add_companions(tree)) == []
        assert (tmp_path / path).read_bytes().decode() == expected


def test_compiled_requirements_have_a_row(tmp_path: Path) -> None:
    pinned = "pydantic==1.10.2 \\\n    --hash=sha256:aa\n"
    tree = _tree(tmp_path, {"requirements.txt": pinned, "setup.cfg": "[options]\ninstall_requires =\n  pydantic<2\n"})
    rows = list(change_ranges(tree, ("pydantic",), upgrade_range))
    assert [(row.file, row.line, row.fix) for row in rows] == [
        ("requirements.txt", 1, "Compile this file again, so that it has pydantic ==2.12.5."),
    ]
    assert (tmp_path / "requirements.txt").read_text() == pinned


def test_where_it_does_not_apply_a_sentence_says_so(tmp_path: Path) -> None:
    assert RECIPE.why_not(_tree(tmp_path / "a", {"a.py": "x = 1\n"}), "2") == (
        "pydantic is not used here: no manifest requires it, and no *.py file imports it."
    )
    assert RECIPE.why_not(_tree(tmp_path / "b", {"requirements.txt": "pydantic>=2.3,<3\n"}), "2") == (
        "requirements.txt already requires pydantic >=2.3,<3, so there is nothing to migrate."
    )
    tree = _tree(tmp_path / "c", {"requirements.txt": "pydantic<2\nfastapi==0.95.1\nsqlmodel>=0.0.14\n"})
    assert RECIPE.why_not(tree, "2") == ""
    assert [(row.line, row.reason) for row in RECIPE.blockers(tree, "2")] == [
        (2, "fastapi ==0.95.1 does not take pydantic 2.")
    ]
