"""A repository's own recipes: what is refused with which sentence, and what each kind of step does to the files."""

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from activities.errors import UserError
from activities.migration.own_recipes import find_recipe, recipe_names, validate_recipe
from activities.migration.recipe_file import schema
from tests.recipes.harness import Migrated, migrate

PATH = ".github/autobuild/recipes/loggers.yml"
RECIPE = r"""
name: loggers
title: Replace the old logger
description: What is left of it is a row.
applies: {files: ["src/**/*.js"], packages: [old-log]}
steps:
  - name: calls
    title: Call the new logger
    files: ["src/**"]
    ignore: ["src/kept.js"]
    rules:
      - language: [JavaScript, TypeScript]
        rule: {pattern: "oldLog($A)"}
        fix: log.info($A)
      - language: JavaScript
        rule: {pattern: "wrap($A)"}
        fix: |-
          box(
            $A
          )
  - name: packages
    title: Depend on the new logger
    needs: [calls]
    manifest:
      - {set: {left-pad: ^1.3.0}, add: {new-log: ^2.0.0}, add_to: dependencies, remove: [old-log]}
      - {file: pyproject.toml, set: {requests: ">=2.31"}, rename: {PyYAML: ruamel.yaml}}
  - name: generate
    title: Write the list of modules
    command: ls src > src/modules.txt && rm old.cfg && echo "// done" >> src/b.js && echo no > src/other.log
    creates: ["**/*.txt"]
    removes: [old.cfg]
  - name: rest
    title: Name what is left
    leftovers:
      - language: JavaScript
        rule: {pattern: "oldLog.$M($$$)"}
        reason: The new logger has no $M.
        fix: Choose a level.
        breaks_build: true
"""
PACKAGE = '{\r\n  "dependencies": {"left-pad": "1.0.0", "old-log": "^1"},\r\n  "x":   [1]\r\n}\r\n'
PYPROJECT = '[project]\nname = "x" # mine\ndependencies = [\n  "Requests[socks] >=2 ; python_version < \'4\'", # why\n  "PyYAML",\n]\n'
FILES = {
    "src/a.js": "\ufeff// é oldLog(1)\r\nconst x = oldLog(oldLog(1)) // kept\r\nwrap(\r\n  2)\r\noldLog.warn(1)\r\n",
    "src/b.js": "oldLog(2)\n",
    "src/c.ts": "oldLog(<any>3);\n",
    "src/kept.js": "oldLog(4)\n",
    "src/broken.js": "oldLog(5);\nlet x = (;\n",
    "other/d.js": "oldLog(6)\n",
    "package.json": PACKAGE,
    "pyproject.toml": PYPROJECT,
    "broken/package.json": '{"dependencies": {,}}',
    "old.cfg": "",
}


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    (folder / "src/latin.js").write_bytes(b"oldLog('\xe9')\n")
    return folder


async def run(folder: Path, tmp_path: Path) -> Migrated:
    return await migrate(folder, find_recipe("loggers", {PATH: RECIPE}), tmp_path / "data")


async def test_each_kind_of_step(tmp_path: Path) -> None:
    folder = write(tmp_path / "tree", FILES)
    done = await run(folder, tmp_path)
    assert [report.problem for report in done.reports.values()] == ["", "", "", ""]
    text = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert text["src/a.js"].decode() == (
        "\ufeff// é oldLog(1)\r\nconst x = log.info(log.info(1)) // kept\r\nbox(\r\n  2\r\n)\r\noldLog.warn(1)\r\n"
    )
    assert text["src/b.js"] == b"log.info(2)\n// done\n"
    assert text["src/c.ts"] == b"log.info(<any>3);\n"
    for same in ("src/kept.js", "src/broken.js", "other/d.js", "broken/package.json"):
        assert text[same].decode() == FILES[same]
    assert text["package.json"].decode() == PACKAGE.replace("1.0.0", "^1.3.0").replace(
        '"old-log": "^1"', '"new-log": "^2.0.0"'
    )
    assert text["pyproject.toml"].decode() == PYPROJECT.replace(">=2 ;", ">=2.31 ;").replace("PyYAML", "ruamel.yaml")
    assert "src/modules.txt" in text
    assert not {"old.cfg", "src/other.log"} & set(text)
    rows = {(row.file, row.line): row.reason for row in done.leftovers}
    assert rows[("src/a.js", 6)] == "The new logger has no warn."
    assert "could not be parsed" in rows[("src/broken.js", 2)]
    assert "cannot be read: `Expecting property name" in rows[("broken/package.json", 1)]
    assert "not UTF-8" in rows[("src/latin.js", 0)]
    assert [row.fix for row in done.leftovers if row.breaks_build] == ["Choose a level."]
    (folder / "old.cfg").write_text("")
    again = await migrate(
        folder, find_recipe("loggers", {PATH: RECIPE}), tmp_path / "data", only=("calls", "packages", "rest")
    )
    assert set(again.changed.values()) == {()}


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        ("rule: {pattern: 'f($A)'}, fix: 'f(g($A))'", "matches again what it wrote itself, in `src/a.js`"),
        ("rule: {patern: x}, fix: y", "Rule 1 of the step cannot be read by ast-grep: ``unknown field `patern`"),
        ("rule: {pattern: 'f($A)', regex: '('}, fix: y", "Rule 1 of the step cannot be read by ast-grep: "),
    ],
)
async def test_a_wrong_rule_keeps_nothing(tmp_path: Path, rule: str, problem: str) -> None:
    text = f"name: x\ntitle: X\nsteps:\n- {{name: s, title: S, rules: [{{language: JavaScript, {rule}}}]}}\n"
    folder = write(tmp_path / "tree", {"src/a.js": "f(1)\n"})
    done = await migrate(folder, find_recipe("x", {"a.yml": text}), tmp_path / "data")
    assert problem in done.reports["s"].problem
    assert done.changed["s"] == ()
    assert (folder / "src/a.js").read_text() == "f(1)\n"


async def test_a_rewrite_that_breaks_a_file_is_taken_back(tmp_path: Path) -> None:
    text = 'name: x\ntitle: X\nsteps:\n- {name: s, title: S, rules: [{language: JavaScript, rule: {pattern: "f($A)"}, fix: "g(("}]}\n'
    folder = write(tmp_path / "tree", {"src/a.js": "f(1)\n", "src/b.js": "1\n"})
    done = await migrate(folder, find_recipe("x", {"a.yml": text}), tmp_path / "data")
    assert done.changed["s"] == ()
    assert "would not have been valid code" in done.leftovers[-1].reason


async def test_a_command_that_fails_keeps_nothing(tmp_path: Path) -> None:
    text = (
        "name: x\ntitle: X\nsteps:\n- {name: s, title: S, command: 'echo 1 >> src/a.js; echo it is broken; exit 3'}\n"
    )
    folder = write(tmp_path / "tree", {"src/a.js": "f(1)\n"})
    done = await migrate(folder, find_recipe("x", {"a.yml": text}), tmp_path / "data")
    assert "exit code 3: `it is broken`" in done.reports["s"].problem
    assert (folder / "src/a.js").read_text() == "f(1)\n"


MINIMAL = "name: x\ntitle: X\nsteps:\n- name: s\n  title: S\n  command: 'true'\n"


@pytest.mark.parametrize(
    ("text", "line", "sentence"),
    [
        ("", 1, "The file must be a mapping with `name`, `title` and `steps`."),
        ("- x", 1, "The file must be a mapping"),
        ("name: x\ntitle: X\n", 1, "`steps` is missing: add it."),
        (MINIMAL.replace("name: x", "name: react18"), 1, "`react18` is the name of a recipe of Autobuild: use another one."),
        (MINIMAL.replace("name: x", "name: X y"), 1, "`name` is `X y`: write small letters and digits"),
        (MINIMAL.replace("title: S", "titel: S"), 5, "`titel` is not a key in `steps[0]`: did you mean `title`?"),
        (MINIMAL.replace("  command: 'true'\n", ""), 4, "`steps[0]` does nothing: give it `rules`, `command`, `manifest` or `leftovers`."),
        (MINIMAL + "  manifest: [{remove: [a]}]\n", 4, "`steps[0]` has `command` and `manifest`: make two steps of it."),
        (MINIMAL + "  needs: [t]\n", 7, "`steps[0].needs` names `t`, which is no step above it."),
        (MINIMAL + MINIMAL[MINIMAL.index("- name") :], 7, "There is a step `s` above: give each a name of its own."),
        (MINIMAL + "  creates: x\n", 7, "`steps[0].creates` is `x`: write a list, one `- ` line for each entry."),
        (MINIMAL + "  risk: big\n", 7, "`steps[0].risk` is `big`: it can be `low`, `medium` or `high`."),
        (MINIMAL + "  network: yes\n", 7, "`steps[0].network` is `yes`: write `true`."),
        (MINIMAL.replace("command: 'true'", "manifest: [{}]"), 6, "`steps[0].manifest[0]` changes nothing"),
        (MINIMAL.replace("command: 'true'", "manifest: [{set: {a b: '1'}}]"), 6, "contains an invalid name: write a package's name"),
        (MINIMAL.replace("command: 'true'", "manifest: [{set: {a: 1.0}}]"), 6, "write a text; put it in quotes if it looks like a number."),
        (MINIMAL.replace("command: 'true'", "rules: [{language: Javascript, rule: {kind: x}, fix: ''}]"), 6, "did you mean `JavaScript`?"),
        (MINIMAL.replace("command: 'true'", "rules: [{language: Go, rule: {kind: x}}]"), 6, "`steps[0].rules[0].fix` is missing: add it."),
        (MINIMAL.replace("command: 'true'", "rules: [{language: Go, rule: {kind: x}, fix: ''}]\n  network: true"), 7, "is for steps with a `command`"),
        (MINIMAL.replace("title: X", "title: &a X"), 2, "Anchors and aliases"),
        (MINIMAL + "---\na: 1\n", 7, "A second document begins here"),
        ("x: " + "[" * 100, 1, "nested more than"),
        ("a: " + "x" * 300_000, 1, "exceeds 256 KiB"),
    ],
)  # fmt: skip
def test_mistakes_have_a_line_and_a_sentence(text: str, line: int, sentence: str) -> None:
    mistakes = [(one.line, one.message) for one in validate_recipe(PATH, text)]
    assert any(at == line and sentence in message for at, message in mistakes), mistakes
    assert len(mistakes) <= 2


def test_names() -> None:
    own = {PATH: RECIPE, "broken.yml": "name: broken\ntitle: &a x", "a.yml": MINIMAL, "b.yml": MINIMAL}
    assert {"react18", "loggers", "broken", "x"} & set(recipe_names(own)) >= {"loggers", "broken", "x"}
    for asked, sentence in (
        ("logers", "There is no recipe `logers`: did you mean `loggers`?"),
        ("zzzzzz", "There is no recipe `zzzzzz`: there are `broken`, "),
        ("broken", "`broken.yml`, line 2: Anchors and aliases"),
        ("x", "`a.yml`, line 1: `x` is the name of b.yml too"),
    ):
        with pytest.raises(UserError) as error:
            find_recipe(asked, own)
        assert sentence in str(error.value) or sentence.split(":")[1] in str(error.value)
    assert find_recipe("loggers", own).title == "Replace the old logger"


def test_why_not(tmp_path: Path) -> None:
    from activities.migration.recipe import SourceTree
    from activities.untrusted_files import UntrustedFolder

    recipe = find_recipe("loggers", {PATH: RECIPE})
    folder = write(tmp_path, FILES)
    tree = SourceTree(UntrustedFolder(folder), ("package.json", "src/x/a.js"))
    assert recipe.why_not(tree, "") == ""
    bare = SourceTree(UntrustedFolder(folder), ("pyproject.toml",))
    assert recipe.why_not(bare, "") == (
        "The recipe does not apply here: no file fits `src/**/*.js`, and no manifest declares `old-log`."
    )


def test_the_published_schema_agrees() -> None:
    docs = Path(__file__).parents[2] / "docs"
    assert (docs / "recipe.schema.json").read_text("utf-8") == schema(), "run `make docs`"
    says = jsonschema.Draft202012Validator(json.loads(schema()))
    assert says.is_valid(yaml.safe_load(RECIPE))
    assert not says.is_valid(yaml.safe_load(MINIMAL.replace("title: S", "titel: S")))
