"""React's packages in the manifests of a repository: every place of a version, every way to write it."""

import json
from pathlib import Path
from typing import NoReturn

import pytest

from activities.languages.javascript.locked_packages import locked_packages
from activities.migration.recipe import SourceTree, StepBench, StepReport
from activities.migration.types import Leftover
from activities.recipes.react18 import recipe
from activities.recipes.react18.blockers import raise_blockers
from activities.recipes.react18.eslint_settings import raise_versions
from activities.recipes.react18.manifests import upgrade
from activities.recipes.react18.report import old_peers
from activities.sandbox import ProcessResult, SandboxCommand, SandboxPaths
from activities.untrusted_files import UntrustedFolder

OLD_CODE = "import ReactDOM from 'react-dom';\nReactDOM.render(<A />, el);\n"


def tree(folder: Path, files: dict[str, str]) -> SourceTree:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(text.encode())
    return SourceTree(UntrustedFolder(folder), tuple(sorted(files)))


def edited(folder: Path, name: str, text: str) -> tuple[str, list[Leftover]]:
    """The text after the step, which changes nothing when it is done again."""
    files = tree(folder, {name: text})
    rows = list(upgrade(files, "18"))
    after = files.read(name) or ""
    assert list(upgrade(files, "18")) == rows
    assert files.read(name) == after
    return after, rows


def test_keeps_what_needs_nothing(tmp_path: Path) -> None:
    asked = {
        "react": "^18.2.0", "react-dom": "*", "react-is": "workspace:*", "@types/react": "catalog:", "preact": "^10.0.0",
        "react-router": "^5.0.0", "@testing-library/react": "^16.0.0", "@testing-library/dom": "^7.0.0", "react-redux": "7",
    }  # fmt: skip
    text = json.dumps({"scripts": {"react": "17"}, "dependencies": asked, "peerDependencies": {"react": ">=16"}})
    assert edited(tmp_path, "package.json", text) == (text, [])


@pytest.mark.parametrize(
    ("before", "installed", "peer"),
    [
        ("^17.0.2", "^18.3.1", "^17.0.2 || ^18.0.0"),
        ("17.0.2", "18.3.1", "17.0.2 || ^18.0.0"),
        ("~16.14.0", "~18.3.1", "~16.14.0 || ^18.0.0"),
        ("17", "18", "17 || 18"),
        ("~17.0.1", "~18.3.1", "~17.0.1 || ^18.0.0"),
        ("16.x", "18.x", "16.x || 18.x"),
        ("^16.8 || ^17", "^18.3.1", "^16.8 || ^17 || ^18"),
        ("^16.8.0||^17.0.0", "^18.3.1", "^16.8.0||^17.0.0||^18.0.0"),
        (">=16.8 <18", "^18.3.1", ">=16.8 <19"),
        (">=16.8.0 <18.0.0", "^18.3.1", ">=16.8.0 <19.0.0"),
        ("16 - 17", "^18.3.1", "16 - 17 || 18"),
        (">=16", "^18.3.1", ">=16"),
    ],
)
def test_styles_of_ranges(tmp_path: Path, before: str, installed: str, peer: str) -> None:
    text = '{"dependencies": {"react": "%s"}, "peerDependencies": {"react": "%s"}}'
    assert edited(tmp_path, "package.json", text % (before, before)) == (text % (installed, peer), [])


def test_every_place_of_a_version(tmp_path: Path) -> None:
    text = (
        '\ufeff{\r\n\t"devDependencies": {"react": "^17.0.2",   "@types/react":"~17.0.1","@testing-library/react": "^11.0.0",\r\n'
        '\t\t"@testing-library/dom": "^7.1.0", "alias": "npm:react@17.0.2", "react-dom": "npm:react-dom@17.0.2"},\r\n'
        '\t"pnpm": {"overrides": {"foo>react": "17.0.2", "react-dom@16": "17"}, "peerDependencyRules": {"allowedVersions":'
        ' {"react": "17", "foo>react-dom": "17"}}},\r\n\t"resolutions": {"**/@types/react": "17.0.2", "foo/react/bar": "17"},\r\n'
        '\t"overrides": {"foo": {".": "1", "react": "$react", "react-dom": "17.0.2"}, "react-is": {".": "17.0.0"}},\r\n'
        '\t"workspaces": {"catalog": {"react": "^17.0.2"}, "catalogs": {"ui": {"react": "^16 || ^17"}}}}'
    )
    after = (
        '\ufeff{\r\n\t"devDependencies": {"react": "^18.3.1",   "@types/react":"~18.3.31","@testing-library/react": "^14.3.1",\r\n'
        '\t\t"@testing-library/dom": "^9.3.4", "alias": "npm:react@17.0.2", "react-dom": "npm:react-dom@18.3.1"},\r\n'
        '\t"pnpm": {"overrides": {"foo>react": "18.3.1", "react-dom@16": "18"}, "peerDependencyRules": {"allowedVersions":'
        ' {"react": "17 || 18", "foo>react-dom": "17 || 18"}}},\r\n\t"resolutions": {"**/@types/react": "18.3.31", "foo/react/bar": "17"},\r\n'
        '\t"overrides": {"foo": {".": "1", "react": "$react", "react-dom": "18.3.1"}, "react-is": {".": "18.3.1"}},\r\n'
        '\t"workspaces": {"catalog": {"react": "^18.3.1"}, "catalogs": {"ui": {"react": "^16 || ^17 || ^18"}}}}'
    )
    assert edited(tmp_path, "package.json", text) == (after, [])


@pytest.mark.parametrize(
    ("lock", "pinned"),
    [
        ({"yarn.lock": 'typescript@~4.0.3:\n  version "4.0.8"\n'}, True),
        ({"yarn.lock": 'typescript@~4.0.3:\n  version "4.0.8"\ntypescript@^5:\n  version "5.4.2"\n'}, True),
        ({}, True),
        ({"package.json": '{"devDependencies": {"typescript": "^4.0.3"}}'}, False),
        ({"yarn.lock": 'typescript@^4.0.3:\n  version "4.9.5"\n'}, False),
    ],
)
def test_types_that_an_old_compiler_can_read(tmp_path: Path, lock: dict[str, str], pinned: bool) -> None:
    files = {"package.json": '{"devDependencies": {"typescript": "~4.0.3"}}', **lock}
    asked = '{"devDependencies": {"@types/react": "^16.9.0", "@types/react-dom": "~16.9.0"}, "peerDependencies": {"@types/react": "*"}}'
    found = tree(tmp_path, {**files, "packages/a/package.json": asked})
    rows = list(upgrade(found, "18"))
    ranges = json.loads(found.read("packages/a/package.json") or "")["devDependencies"]
    assert list(ranges.values()) == (["18.2.48", "18.2.18"] if pinned else ["^18.3.31", "~18.3.7"])
    assert ["cannot read later ones" in row.reason for row in rows] == ([True, True] if pinned else [])


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        (".eslintrc.json", '{"settings": {"a": {"b": 1}, "react": {"version": "16.8"}}}', '{"settings": {"a": {"b": 1}, "react": {"version": "18.3"}}}'),
        (".eslintrc", "settings:\n  react:\n    version: 17.0.2\n", "settings:\n  react:\n    version: 18.3.1\n"),
        ("eslint.config.js", "export default [{ settings: { react: { version: '17' } } }];", "export default [{ settings: { react: { version: '18' } } }];"),
        (".eslintrc.js", "x = { settings: { react: { version: 'detect' } }, version: '16' }", ""),
        ("package.json", '{"settings": {"react": {"version": "16"}}}', ""),
    ],
)  # fmt: skip
def test_the_version_that_eslint_is_told(tmp_path: Path, name: str, before: str, after: str) -> None:
    found = tree(tmp_path, {name: before})
    raise_versions(found)
    assert found.read(name) == (after or before)


def test_catalogs_in_yaml(tmp_path: Path) -> None:
    text = "catalog:\n  react: ^17.0.2 # x\n  'react-dom': '17.0.2'\ncatalogs:\n  react16:\n    react: ^16.0.0\noverrides: {react: \"17\"}\n"
    after, rows = edited(tmp_path, "pnpm-workspace.yaml", text)
    assert after == (
        "catalog:\n  react: ^18.3.1 # x\n  'react-dom': '18.3.1'\ncatalogs:\n  react16:\n    react: ^16.0.0\noverrides: {react: \"18\"}\n"
    )
    assert [row.line for row in rows] == [6]


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ('{"dependencies": {"react": "latest"}}', 1, "`react` is `latest`"),
        ('{"dependencies": {\n"react-dom": "github:a/b#17"}}', 2, "`react-dom` is `github:a/b#17`"),
        ('{"dependencies": {"react": "file:../react"}}', 1, "`file:../react`"),
        ('{"dependencies": {"react-dom": "npm:@hot-loader/react-dom@^17.0.2"}}', 1, "@hot-loader/react-dom"),
        ('{"dependencies": {"react": "patch:react@npm:17#x"}}', 1, "patch"),
        ('{"dependencies": {"react": "17.0.2", "react-native": "0.68.2"}}', 1, "React Native `0.68.2`"),
        ('{"dependencies": {"react": "17.0.2",}}', 0, "cannot be parsed"),
    ],
)
def test_leaves_with_a_row(tmp_path: Path, text: str, line: int, reason: str) -> None:
    after, rows = edited(tmp_path, "package.json", text)
    assert after == text
    assert [row.line for row in rows] == [line]
    assert reason in rows[0].reason


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"package.json": '{"dependencies": {"react": "^17.0.2"}}'}, ""),
        ({"a/package.json": '{"peerDependencies": {"react": "^16 || ^17"}, "devDependencies": {"react": "18"}}'}, ""),
        ({"pnpm-workspace.yaml": "catalog: {react: 17.0.2}", "package.json": '{"dependencies": {"react": "catalog:"}}'}, ""),
        ({"package.json": '{"dependencies": {"react": "18.2.0"}}', "a.jsx": OLD_CODE}, ""),
        ({"a.jsx": OLD_CODE}, ""),
        ({"a.js": "import * as Dom from 'react-dom';\nDom.render(1, a);"}, ""),
        ({"a.js": "const Dom = require('react-dom');\nDom.unmountComponentAtNode(a); // react"}, ""),
        ({"a.js": "import('react-dom').then((it) => it.render(1, a));"}, ""),
        ({"a.tsx": "import { type SFC } from 'react';"}, ""),
        ({"a.js": "import Dom, { createPortal } from 'react-dom';\nroot.render(1);"}, "No package.json asks for react"),
        ({"package.json": '{"dependencies": {"react": "^15.6.2"}}'}, "Migrate to 16 first"),
        ({"package.json": '{"dependencies": {"react": "18.2.0"}}', "a.jsx": "import React from 'react';"}, "asked for already (package.json:1)"),
        ({"package.json": '{"dependencies": {"vue": "3"}}', "README.md": OLD_CODE}, "No package.json asks for react"),
    ],
)  # fmt: skip
def test_applies(tmp_path: Path, files: dict[str, str], why: str) -> None:
    refusal = recipe.why_not(tree(tmp_path, files), "18")
    assert why in refusal if why else not refusal


NPM_LOCK = json.dumps(
    {
        "lockfileVersion": 3,
        "packages": {
            "": {"peerDependencies": {"react": "17"}},
            "node_modules/react-redux": {"version": "7.2.2", "peerDependencies": {"react": "^16.8.3 || ^17"}},
            "node_modules/own": {"version": "1.0.0", "peerDependencies": {"react": "^17"}},
            "node_modules/a/node_modules/@b/deep": {"version": "2.0.0", "peerDependencies": {"react": "^17"}},
            "node_modules/react-dom": {"version": "17.0.2", "peerDependencies": {"react": "17.0.2"}},
        },
    },
    indent=1,
)
MANIFEST = """{"dependencies": {
"react": "17", "react-redux": "^7.2.0",
"@material-ui/core": "^4.12.0",
"react-select": "^3.1.0",
"own": "1.0.0", "react-modal": "^3.15.1"},
"peerDependencies": {"react-hot-loader": "4"}}"""


def test_names_what_blocks(tmp_path: Path) -> None:
    files = tree(tmp_path, {"package.json": MANIFEST, "package-lock.json": NPM_LOCK})
    rows = list(recipe.blockers(files, "18"))
    assert [(row.file, row.line, row.reason.partition("`")[2].partition("`")[0]) for row in rows] == [
        ("package.json", 3, "@material-ui/core"), ("package.json", 4, "react-select"), ("package.json", 5, "own"),
        ("package-lock.json", 21, "@b/deep"),
    ]  # fmt: skip
    assert [row.fix.partition(";")[0] for row in rows[:2]] == [
        "Move to @mui/material 5",
        "Upgrade it to 5.3.0 or later.",
    ]


def test_raises_what_takes_react_18_in_the_same_major(tmp_path: Path) -> None:
    files = tree(tmp_path, {"package.json": MANIFEST, "package-lock.json": NPM_LOCK})
    raise_blockers(files)
    assert files.read("package.json") == MANIFEST.replace("^7.2.0", "^7.2.7")


@pytest.mark.parametrize(
    ("lock", "text"),
    [
        ("pnpm-lock.yaml", "lockfileVersion: 5.4\npackages:\n\n  /own/1.0.0_react@17.0.2:\n    peerDependencies:\n      react: ^17\n    dev: true\n"),
        ("pnpm-lock.yaml", "packages:\n\n  'own@1.0.0':\n    peerDependencies:\n      '@x/y': '1'\n      react: ^17\n\nsnapshots:\n\n  own@1.0.0: {}\n"),
        ("yarn.lock", '__metadata:\n  version: 6\n\n"own@npm:1.0.0, own@npm:^1":\n  version: 1.0.0\n  peerDependencies:\n    react: ^17\n  checksum: 1\n'),
        ("bun.lock", '{ "packages": {\n    "own": ["own@1.0.0", "", { "peerDependencies": { "react": "^17" } }, "sha"],\n  }\n}\n'),
    ],
)  # fmt: skip
def test_reads_peers_of_every_lock_file(tmp_path: Path, lock: str, text: str) -> None:
    (found,) = locked_packages(lock, text)
    assert (found.name, found.version, found.peers["react"]) == ("own", "1.0.0", "^17")
    assert "own" in text.splitlines()[found.line - 1]
    (row,) = recipe.blockers(tree(tmp_path, {"package.json": '{"dependencies": {"a": "1"}}', lock: text}), "18")
    assert (row.file, row.line) == (lock, found.line)


def test_versions_of_locks_without_peers() -> None:
    assert [
        (one.name, one.version)
        for one in locked_packages("yarn.lock", '# v1\n\n"@a/b@^1", "@a/b@2":\n  version "1.2.3"\n')
    ] == [("@a/b", "1.2.3")]
    old = '{\n "lockfileVersion": 1,\n "dependencies": {\n  "@a/b": {\n   "version": "1.2.3"\n  }\n }\n}'
    assert [(one.name, one.version, one.line) for one in locked_packages("package-lock.json", old)] == [
        ("@a/b", "1.2.3", 4)
    ]
    assert locked_packages("package-lock.json", "{") == []


class Bench:
    """A bench whose npm names these conflicts as long as `overrides` do not allow the packages."""

    def __init__(self, folder: Path, files: dict[str, str], conflicts: dict[str, str], settles: bool = True) -> None:
        self.conflicts, self.settles = conflicts, settles
        self.scripts: list[str] = []
        (folder / "out").mkdir()
        self.out = folder / "out"
        self.tree = tree(folder / "tree", files)

    async def run(self, command: SandboxCommand) -> ProcessResult:
        script = command.argv[-1]
        self.scripts.append(script)
        copy = self.out / script.partition(" && ")[0].removeprefix('cd "/out/').rstrip('"')
        allowed = json.loads((copy / "package.json").read_text()).get("overrides", {})
        left = {name: wanted for name, wanted in self.conflicts.items() if name not in allowed or not self.settles}
        if not left or "--legacy-peer-deps" in script:
            (copy / "package-lock.json").write_text("written")
            return ProcessResult(0, b"", b"", 0.0)
        name = sorted(left)[0]
        lines = f'npm error code ERESOLVE\nnpm error peer react-dom@"^18.3.1" from x@1\nnpm error peer react@"{left[name]}" from {name}@1.0.0\n'
        return ProcessResult(1, b"", lines.encode(), 0.0)

    async def apply(self) -> StepReport:
        async def packages(_lock: Path) -> Path:
            return self.out

        async def findings(_tool: str) -> NoReturn:
            raise AssertionError

        paths = SandboxPaths("/src", "/env", "/out", "/cache", "/home")
        bench = StepBench(self.tree, self.tree.paths, self.out, paths, self.run, packages, findings, "18")
        return await recipe.steps[2].transform.apply(bench)


CONFLICTING = '{\n  "dependencies": {\n    "react": "^17.0.2"\n  }\n}\n'


async def test_overrides_let_npm_install_what_takes_no_react_18(tmp_path: Path) -> None:
    conflicts = {"@material-ui/core": "^16 || ^17", "own": "^17"}
    bench = Bench(tmp_path, {"package.json": CONFLICTING, "package-lock.json": "{}"}, conflicts)
    report = await bench.apply()
    asked = json.loads(bench.tree.read("package.json") or "")
    assert asked["overrides"] == {"@material-ui/core": {"react": "$react"}, "own": {"react": "$react"}}
    assert bench.tree.read("package-lock.json") == "written"
    assert [(row.file, row.line) for row in report.leftovers] == [("package.json", 6), ("package.json", 9)]
    assert "@mui/material" in report.leftovers[0].fix
    assert len(bench.scripts) == 3


async def test_npm_is_asked_where_no_lock_file_is(tmp_path: Path) -> None:
    text = CONFLICTING.replace('"react"', '"own-react": "1",\n    "react"')
    bench = Bench(tmp_path, {"package.json": text}, {"own-react": "^17"})
    (row,) = (await bench.apply()).leftovers
    assert json.loads(bench.tree.read("package.json") or "")["overrides"] == {"own-react": {"react": "$react"}}
    assert row.file == "package.json"
    assert bench.tree.content("package-lock.json") is None
    (tmp_path / "other").mkdir()
    alone = Bench(tmp_path / "other", {"package.json": CONFLICTING}, {})
    assert await alone.apply() == StepReport()
    assert alone.scripts == []


async def test_a_conflict_of_another_kind_is_let_pass_and_named(tmp_path: Path) -> None:
    bench = Bench(tmp_path, {"package.json": CONFLICTING, "package-lock.json": "{}"}, {"own": "^17"}, settles=False)
    report = await bench.apply()
    assert bench.tree.read("package.json") == CONFLICTING.replace("17.0.2", "18.3.1")
    assert bench.tree.read("package-lock.json") == "written"
    (row,) = report.leftovers
    assert (row.file, row.breaks_build) == ("package-lock.json", True)
    assert "`own`" in row.reason
    assert "--legacy-peer-deps" in bench.scripts[-1]


def test_steps_name_steps_before_them() -> None:
    done: set[str] = set()
    for step in recipe.steps:
        assert set(step.needs) <= done
        done.add(step.name)
    assert [step.name for step in recipe.steps if step.essential] == ["packages"]


async def test_a_library_that_needs_react_18_and_takes_17_is_named(tmp_path: Path) -> None:
    peers = '{\n  "peerDependencies": {\n    "react-dom": "^17 || ^18"\n  }\n}'
    files = {
        "a/package.json": peers, "a/src/mount.js": "import { createRoot } from 'react-dom/client';", "b/package.json": peers,
        "b/src/a.test.js": "import 'react-dom/client';", "b/examples/a.js": "import 'react-dom/client';",
        "c/package.json": '{"peerDependencies": {"react-dom": "^18"}}', "c/a.js": "import 'react-dom/client';",
    }  # fmt: skip
    rows = list(old_peers(tree(tmp_path, files), ("*.js",)))
    assert [(row.file, row.line) for row in rows] == [("a/package.json", 3)]
    assert "`a/src/mount.js`" in rows[0].reason


HOOK_TESTS = "import { renderHook } from '@testing-library/react-hooks';\n"
HOOK_MANIFEST = (
    '{\n  "devDependencies": {\n    "@testing-library/react-hooks": "^7.0.2",\n    "react": "17.0.2"\n  }\n}\n'
)


class HookBench(Bench):
    """A bench whose program moves the tests of hooks, all of them or none."""

    moves = True

    async def run(self, command: SandboxCommand) -> ProcessResult:
        lines = []
        for file in json.loads(command.stdin)["files"] if self.moves else ():
            text = self.tree.read(file) or ""
            start = text.index("-hooks")
            lines.append(json.dumps({"file": file, "edits": [[start, start + len("-hooks"), ""]]}))
        (self.out / "transform.jsonl").write_text("\n".join([*lines, '{"done": {}}']))
        return ProcessResult(0, b"", b"", 0.0)


async def test_tests_of_hooks_move_with_the_packages(tmp_path: Path) -> None:
    bench = HookBench(tmp_path, {"package.json": HOOK_MANIFEST, "a.test.js": HOOK_TESTS}, {})
    assert (await bench.apply()).leftovers == ()
    assert bench.tree.read("a.test.js") == HOOK_TESTS.replace("-hooks", "")
    assert json.loads(bench.tree.read("package.json") or "") == {
        "devDependencies": {"@testing-library/react": "^14.3.1", "react": "18.3.1"}
    }
    assert (await bench.apply()) == StepReport()


async def test_the_library_of_hooks_stays_as_long_as_something_needs_it(tmp_path: Path) -> None:
    bench = HookBench(tmp_path, {"package.json": HOOK_MANIFEST, "a.test.js": HOOK_TESTS}, {})
    bench.moves = False
    (row,) = (await bench.apply()).leftovers
    assert (row.file, row.line) == ("package.json", 3)
    assert "such as `a.test.js`" in row.reason
    assert bench.tree.read("package.json") == HOOK_MANIFEST.replace("17.0.2", "18.3.1")


async def test_an_unused_library_of_hooks_goes(tmp_path: Path) -> None:
    bench = HookBench(tmp_path, {"package.json": HOOK_MANIFEST}, {})
    assert (await bench.apply()) == StepReport()
    assert json.loads(bench.tree.read("package.json") or "") == {"devDependencies": {"react": "18.3.1"}}
