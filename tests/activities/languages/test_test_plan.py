"""What of a test script is run by which tool, and what before it."""

import json
from pathlib import Path

import pytest

from activities.languages.javascript.test_plan import plan_tests
from activities.tooling import Project
from activities.tools import registry

OTHER_SCRIPTS = {
    "build": "rollup -c 'x y'",
    "unit": "jest unit",
    "lint": "eslint .",
    "types": "tsd",
    "format": "remark . --frail --output && prettier --write .",
    "odd": "npm run lint",
    "postlint": "a | b",
    "tap": "tape t/*.js",
}


def planned(root: Path, script: str, **more: str) -> list[tuple[str, str, tuple[str, ...]]]:
    """(tool, what it starts, steps before it) for each run."""
    scripts = {**OTHER_SCRIPTS, **more, "test": script}
    (root / "eslint.config.js").touch()
    (root / "package.json").write_text(json.dumps({"scripts": scripts, "devDependencies": {"typescript": "5"}}))
    (root / "tsconfig.json").write_text("{}")
    return [
        (run.tool, run.call.core, run.before)
        for run in plan_tests(Project(".", root, "javascript"), "unit", registry().values())
    ]


@pytest.mark.parametrize(
    ("test", "cover", "words"),
    [
        ("mocha", "nyc --exclude examples --exclude test npm test", "nyc --exclude examples --exclude test"),
        ("npm run lint && npm run unit", "c8 -x docs npm run unit", "c8 -x docs"),
        ("c8 -x docs npm run unit", "c8 npm test", "c8 -x docs"),
        ("mocha --quick", "c8 --100 -n src -- mocha --slow", "c8 --100 -n src"),
        ("node --test", "c8 node tools/make.js", ""),
        ("node --test", "c8 -n src npm t", "c8 -n src"),
    ],
)
def test_tests_are_measured_as_another_script_does(tmp_path: Path, test: str, cover: str, words: str) -> None:
    planned(tmp_path, test, cover=cover, unit="mocha unit")
    (run,) = plan_tests(Project(".", tmp_path, "javascript"), "unit", registry().values())
    assert run.call.coverage == tuple(words.split())


@pytest.mark.parametrize(
    ("script", "runs"),
    [
        ("eslint . && tsc --noEmit && jest --ci", [("jest", "jest --ci", ())]),
        ("tsc -p . && jest", [("jest", "jest", ("tsc -p .",))]),
        ("npm run build && jest", [("jest", "jest", ("rollup -c 'x y'",))]),
        ("npm run lint && npm run unit && npm run types", [("jest", "jest unit", ()), ("node-test", "tsd", ())]),
        ("run-p lint unit tap", [("jest", "jest unit", ()), ("node-test", "tape t/*.js", ())]),
        ("concurrently npm:lint npm:unit", [("jest", "jest unit", ())]),
        ("jest a && jest --config b.js", [("jest", "jest a", ()), ("jest", "jest --config b.js", ())]),
        ("mocha && jest", [("mocha", "mocha", ()), ("jest", "jest", ())]),
        ("eslint . && node test.js", [("node-test", "node test.js", ())]),
        (
            "tsc -p . && node prepare.js && mocha && ./more.sh && jest",
            [
                ("node-test", "node prepare.js", ("tsc -p .",)),
                ("mocha", "mocha", ("tsc -p .", "node prepare.js")),
                ("node-test", "./more.sh", ("tsc -p .", "node prepare.js")),
                ("jest", "jest", ("tsc -p .", "node prepare.js", "./more.sh")),
            ],
        ),
        ("node --test a.js && mocha", [("node-test", "node --test a.js", ()), ("mocha", "mocha", ())]),
        ("xo && ava", [("ava", "ava", ())]),
        ("bun test && bun run x.ts", [("bun-test", "bun test", ()), ("node-test", "bun run x.ts", ())]),
        ("c8 jasmine --random", [("jasmine", "jasmine --random", ())]),
        ("npm run format && ava", [("ava", "ava", ())]),
        ("stylelint a.css && ava", [("node-test", "stylelint a.css", ()), ("ava", "ava", ())]),
        ("nyc --reporter lcov mocha && nyc report", [("mocha", "mocha", ())]),
        ("eslint .", []),
        ("tape t/*.js | tap-spec", [("node-test", "tape t/*.js", ())]),
        ("tape t/*.js | npx faucet && jest", [("node-test", "tape t/*.js", ()), ("jest", "jest", ())]),
        ("mkdir -p out && A=1 node --test", [("node-test", "node --test", ("mkdir -p out",))]),
        ("jest && npx npm@'>=10.2' audit", [("jest", "jest", ())]),
        ("npm run odd && jest", [("jest", "jest", ())]),
        ("jest | tee log", [("node-test", "", ())]),
        ("cd web && jest", [("node-test", "", ())]),
        ("make test", [("node-test", "make test", ())]),
        ("make -C x build", [("node-test", "make -C x build", ())]),
        ("gulp test && jest", [("node-test", "gulp test", ()), ("jest", "jest", ())]),
        ("make build && gulp && jest", [("jest", "jest", ("make build", "gulp"))]),
        ("grunt", [("node-test", "grunt", ())]),
        ("wireit", [("node-test", "wireit", ())]),
        ("nx test", [("node-test", "", ())]),
        ("npx turbo run test --force", [("node-test", "", ())]),
        ("jest && nx test web", [("jest", "jest", ()), ("node-test", "nx test web", ())]),
        ("nx run-many -t build && jest", [("jest", "jest", ("nx run-many -t build",))]),
        ("npm run build", [("node-test", "rollup -c 'x y'", ())]),
        ("npm run build && tsc -p test && rm -r out", [("node-test", "tsc -p test", ("rollup -c 'x y'",))]),
        ("jest && rimraf out", [("jest", "jest", ())]),
        ("mkdir out", []),
        ("jest && make lint", [("jest", "jest", ()), ("node-test", "make lint", ())]),
    ],
)
def test_every_program_of_a_script_is_run_by_its_own_tool(
    tmp_path: Path, script: str, runs: list[tuple[str, str, tuple[str, ...]]]
) -> None:
    assert planned(tmp_path, script) == runs


@pytest.mark.parametrize(
    "script",
    [
        'for f in test/*.js; do node "$f"; done',
        "if [ -d dist ]; then jest; fi",
        "while read -r f; do node a.js; done",
        "case $CI in true) jest;; esac",
        "set -e; node a.js",
        "export A=1; mocha",
        "A=1; mocha",
        "(jest)",
        "{ jest; }",
        "t() { jest; }; t",
        "trap 'rm x' EXIT && jest",
        "[ -n x ] && jest",
        "test -f a && jest",
        "! jest",
        "mocha; exit 0",
        "exit 3",
        "cat <<END\nmocha\nEND",
        "mocha\njest",
        "jest # all",
        "jest `ls test`",
        "npm test",
        "npm run again",
        "run-s 'test*' && jest",
        "jest && " * 1000 + "jest",
        "npm run many && jest",
    ],
)
def test_what_is_more_than_programs_in_a_row_is_run_as_it_is(tmp_path: Path, script: str) -> None:
    more = {f"many{at}": f"npm run many{at + 1} && " * 30 + "true" for at in range(30)}
    assert planned(tmp_path, script, again="npm t", many="npm run many1", **more) == [("node-test", "", ())]


@pytest.mark.parametrize(
    "script",
    ["", " ", "echo done", "exit 0", "true", ":", "echo 'to do' >&2 && exit 1", "echo no test specified; exit 1"],
)
def test_script_that_only_prints_is_no_test(tmp_path: Path, script: str) -> None:
    assert planned(tmp_path, script) == [("jest", "jest unit", ())]  # the next script that may be for tests
    assert planned(tmp_path, script, unit="") == []


def test_script_beside_one_that_only_prints_counts(tmp_path: Path) -> None:
    assert planned(tmp_path, "echo done", pretest="mocha") == [("mocha", "mocha", ())]


@pytest.mark.parametrize("script", ["echo `jest`", 'echo "$(jest)"', "echo | jest", "echo a & jest"])
def test_script_that_prints_what_a_program_says_is_one(tmp_path: Path, script: str) -> None:
    assert planned(tmp_path, script) == [("node-test", "", ())]


def test_run_is_called_the_same_when_its_arguments_change(tmp_path: Path) -> None:
    for option in ("", " --verbose"):
        scripts = {"test": f"eslint . && node a.js{option} && node b.js && npm run more", "more": "node c.js"}
        (tmp_path / "package.json").write_text(json.dumps({"scripts": scripts}))
        runs = plan_tests(Project(".", tmp_path, "javascript"), "unit", registry().values())
        names = ["npm run test", "npm run test (2)", "npm run test (3)", "npm run more"]
        assert [run.test_id for run in runs] == (names if len(runs) == 4 else [*names[:2], names[3]])


@pytest.mark.parametrize("member", [{"scripts": {"test": "jest"}}, {}])
def test_start_of_the_members_tests_is_the_root_s_own_where_no_member_has_any(tmp_path: Path, member: object) -> None:
    (tmp_path / "web").mkdir()
    (tmp_path / "web/package.json").write_text(json.dumps(member))
    assert planned(tmp_path, "nx run-many -t test", unit="") == ([] if member else [("node-test", "", ())])
    assert planned(tmp_path, "tsc -b && nx test") == ([] if member else [("node-test", "nx test", ("tsc -b",))])


def test_scripts_around_the_tests_belong_to_them(tmp_path: Path) -> None:
    assert planned(tmp_path, "jest", pretest="npm run build", posttest="tsd") == [
        ("jest", "jest", ("rollup -c 'x y'",)),
        ("node-test", "tsd", ("rollup -c 'x y'",)),
    ]


@pytest.mark.parametrize(
    ("scripts", "main", "setup"),
    [
        ({"prepare": "node build.js"}, "", ("node build.js",)),
        ({"prepare": "husky && npm run build", "build": "tsc"}, "", ("tsc",)),
        ({"prepare": "husky install || true"}, "", ("npm run --silent prepare",)),
        ({"postinstall": "patch-package", "prepare": "husky"}, "", ("patch-package",)),
        ({"build": "rollup -c"}, "dist/index.js", ("npm run --silent build",)),
        ({"build": "rollup -c"}, "index.js", ()),
        ({"build": "rollup -c"}, "", ()),
        ({"build": "rollup -c", "prepare": "npm run build"}, "dist/index.js", ("rollup -c",)),
        ({"build": "rollup -c", "pretest": "npm run build"}, "dist/index.js", ()),
    ],
)
def test_what_an_installation_makes_comes_before_the_tests(
    tmp_path: Path, scripts: dict[str, str], main: str, setup: tuple[str, ...]
) -> None:
    (tmp_path / "index.js").touch()
    (tmp_path / "package.json").write_text(json.dumps({"scripts": {**scripts, "test": "jest"}, "main": main}))
    assert [run.setup for run in plan_tests(Project(".", tmp_path, "javascript"), "unit", registry().values())] == [
        setup
    ]


def test_what_a_package_needs_of_its_workspace_is_built_first(tmp_path: Path) -> None:
    """a needs b, which needs c; d is there already, e has no build."""
    needs = {"a": ["b", "d", "e", "left-pad"], "b": ["c"], "c": ["a"], "d": [], "e": []}
    (tmp_path / "package.json").write_text('{"workspaces": ["p/*"]}')
    for name, others in needs.items():
        folder = tmp_path / "p" / name
        folder.mkdir(parents=True)
        scripts = {"test": "jest", **({} if name == "e" else {"build": "tsc"})}
        dependencies = dict.fromkeys(others, "workspace:*")
        package = {"name": name, "main": "dist/x.js", "scripts": scripts, "dependencies": dependencies}
        (folder / "package.json").write_text(json.dumps(package))
    (tmp_path / "p/d/dist").mkdir()
    (tmp_path / "p/d/dist/x.js").touch()
    (run,) = plan_tests(Project("p/a", tmp_path / "p/a", "javascript"), "unit", registry().values())
    built = [f"cd ../{name} && npm run --silent build" for name in "cb"]
    assert run.setup == (*built, "npm run --silent build")
