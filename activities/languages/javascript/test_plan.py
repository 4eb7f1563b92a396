"""What a package's test script does: which runners it starts, with what before them, and what else it tests.

Programs that only check (linters, type checkers) are left to their own tools where those look at the project; what
nobody knows is run by its exit code, with its own output. So a script of several programs is never judged by the one
that comes first.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass, field

from activities.languages.javascript.package_json import PackageJson, parse_package, read_package, workspace_members
from activities.languages.javascript.products import lacks_product, needed_builds
from activities.languages.javascript.scripts import (
    ScriptCommand,
    calls,
    declared_script,
    measured,
    test_script,
    understood_calls,
    without_node,
)
from activities.languages.workspace_patterns import named_folders
from activities.tooling import Project, Tool

GENERIC = "node-test"
"""The tool that runs node's own tests, and what no other tool knows."""

# Programs that make what later ones need, or clear away.
_BUILDERS = frozenset(
    (
        "tsc", "vue-tsc", "vite", "rollup", "tsup", "tsdown", "esbuild", "swc", "babel", "webpack", "parcel",
        "unbuild", "ncc", "microbundle", "bunchee", "tshy", "pkgroll", "browserify", "node-gyp", "prebuildify",
        "cmake-js", "napi", "wasm-pack", "prisma", "patch-package", "tsc-alias", "resolve-tspaths", "gen",
        "graphql-codegen", "buf", "peggy", "pegjs", "nearleyc", "jison", "nuxt", "nuxi", "svelte-kit", "astro",
        "rsbuild", "rslib",
    )
)  # fmt: skip
# Programs that move files, or print: nothing that could be tested.
_HOUSEKEEPERS = frozenset(
    (
        "rimraf", "del", "del-cli", "mkdir", "mkdirp", "cp", "cpy", "cpx", "rm", "shx", "ncp", "copyfiles", "echo",
        "printf", "true", ":", "touch", "mv", "ln", "chmod",
    )
)  # fmt: skip
# Programs that do what their first argument says, or, without one, build most often.
_TASK_RUNNERS = frozenset(("make", "gulp", "grunt", "nx", "turbo", "lerna", "wireit"))
_BUILD_TASK = re.compile(
    r"(?:pre|post)?(?:build|compile|dist|prepare|generate|bundle|types|clean|transpile|copy|install|lib)\b.*"
)
_BUILD_SCRIPT = re.compile(r"(?:pre|post)?(?:build|compile|clean|generate|prepare|bundle|transpile)\b.*")
_TESTS = frozenset(("test", "test:unit"))
# What has no part in a verdict: reports of coverage, hooks of a person's own git.
_IGNORED = frozenset(
    (
        "c8", "nyc", "codecov", "coveralls", "husky", "simple-git-hooks", "lefthook", "is-ci", "pinst",
        "opencollective",
    )
)  # fmt: skip
_LINT_AND_FORMAT = ("lint", "prelint", "postlint", "format", "fmt")
# Programs that run code of the repository's own, which may make what later programs need.
_OWN_CODE = frozenset(
    (
        "node", "tsx", "ts-node", "babel-node", "vite-node", "esno", "jiti", "bun", "deno", "zx", "sh", "bash",
        "python", "python3",
    )
)  # fmt: skip
_LIFECYCLE = ("postinstall", "prepare")


@dataclass(frozen=True)
class TestRun:
    """One start of a test program by `tool`. `setup` is what an installation would have done, `before` what the script
    does first: both shell text. The call has no program where the whole script is run as it is. `position` counts the
    runs of the same tool and script. `reported` are those of `before` whose outcome is another run's."""

    __test__ = False

    tool: str
    call: ScriptCommand
    setup: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    position: int = 1
    reported: tuple[str, ...] = ()

    @property
    def test_id(self) -> str:
        """What it is called where only its exit code is known: the same when its arguments change."""
        return f"npm run {self.call.script}{f' ({self.position})' if self.position > 1 else ''}"

    def started(self, argv: tuple[str, ...], out: str) -> tuple[str, ...]:
        """The words to start instead of the program's own: the steps come first, and none stops the tests. A step
        leaves its output in `out`, and its exit code where that is not 0."""
        steps = (*self.setup, *self.before)
        if not steps:
            return argv
        text = "".join(
            f'( {step}\n) > "$0/step-{number}.txt" 2>&1 </dev/null || echo "$?" > "$0/step-{number}.code"\n'
            for number, step in enumerate(steps)
        )
        return ("/bin/sh", "-c", f'{text}exec "$@"', out, *argv)


def plan_tests(project: Project, select: str, tools: Collection[Tool]) -> tuple[TestRun, ...]:
    """The test programs of a project in their order, each for one of these tools or for `GENERIC`. Without a script for
    the unit tests, a runner that is declared."""
    runners = tuple(tool.name for tool in tools if tool.is_test_runner)
    package = read_package(project)
    script, declared = test_script(package, select), declared_script(package, select)
    delegates = script != declared or any(call.for_members for call in calls(package, declared))
    has_members = delegates and _has_members(project)
    script = script if has_members else declared
    if not script:
        found = [name for name in runners if select == "unit" and package.declared(name)]
        return tuple(TestRun(name, ScriptCommand("", name), _setup(project, package, ())) for name in found)
    understood = understood_calls(package, script, for_members=True)
    setup = _setup(project, package, tuple(call.script for call in understood))
    if all(call.for_members for call in understood):
        return (TestRun(GENERIC, ScriptCommand(script, "", text=f"npm run {script}"), setup),)
    plan = _Plan(setup)
    for call in (measured(package, without_node(call, runners)) for call in understood):
        if call.for_members and has_members:
            plan.tested = len(plan.before)
        elif call.program in runners:
            plan.add(call.program, call)
        elif _is_of_another_check(call) or is_left_to_its_tool(project, call, tools):
            continue
        elif prepares(call):
            plan.before.append(call)
        else:
            plan.add(GENERIC, call)
            plan.share(call)
    return plan.ended()


@dataclass
class _Plan:
    """A plan while it is made. `tested` are the calls of `before` that tests come after."""

    setup: tuple[str, ...]
    before: list[ScriptCommand] = field(default_factory=list)
    tested: int = 0
    runs: list[TestRun] = field(default_factory=list)
    reported: tuple[str, ...] = ()

    def add(self, tool: str, call: ScriptCommand) -> None:
        position = 1 + sum((run.tool, run.call.script) == (tool, call.script) for run in self.runs)
        before = tuple(each.text for each in self.before)
        self.runs.append(TestRun(tool, call, self.setup, before, position, self.reported))
        self.tested = len(self.before)

    def share(self, call: ScriptCommand) -> None:
        """Each tool has a tree of its own, so a program that nobody knows and that may make something runs before later
        ones too."""
        own = call.program in _OWN_CODE or call.core.startswith("./")
        if own and "--test" not in call.args and call.text:
            self.before.append(call)
            self.reported = (*self.reported, call.text)
            self.tested = len(self.before)

    def ended(self) -> tuple[TestRun, ...]:
        """A build that no test comes after is what the script tests."""
        last = [at for at, call in enumerate(self.before) if call.program not in _HOUSEKEEPERS][-1:]
        if last and last[0] >= self.tested:
            call, self.before = self.before[last[0]], self.before[: last[0]]
            self.add(GENERIC, call)
        return tuple(self.runs)


def _has_members(project: Project) -> bool:
    """Whether packages below it run tests of their own."""
    if any(workspace_members(project)):
        return True
    below = named_folders(project.files, ("*", "*/*", "*/*/*"), "package.json")
    return any(declared_script(parse_package(project.read(f"{folder}/package.json")), "unit") for folder in below)


def _is_of_another_check(call: ScriptCommand) -> bool:
    """Whether `lint-script` or an audit looks at it, or it is no check at all, as what puts files into order."""
    audits = call.program.partition("@")[0] in ("npm", "pnpm", "yarn", "audit-ci") and "audit" in call.args
    return audits or call.program in _IGNORED or call.script in _LINT_AND_FORMAT


def prepares(call: ScriptCommand) -> bool:
    """Whether it makes what later programs need."""
    if call.program == "tsc" and "--noEmit" in call.args:
        return False
    if call.script not in _TESTS and _BUILD_SCRIPT.fullmatch(call.script):
        return True
    if call.program in _TASK_RUNNERS:
        words = [word for word in call.args if not word.startswith("-") and word not in ("run", "run-many")]
        return not words or call.script.startswith("pre") or bool(_BUILD_TASK.fullmatch(words[0]))
    return call.program in _BUILDERS or call.program in _HOUSEKEEPERS


def is_left_to_its_tool(project: Project, call: ScriptCommand, tools: Collection[Tool]) -> bool:
    """Whether a tool of another check starts the program on this project."""
    if call.program in ("tsc", "vue-tsc") and "--noEmit" not in call.args:
        return False
    others = (tool for tool in tools if tool.language == "javascript" and not tool.is_test_runner)
    return any(call.program in (tool.name, *tool.programs) and tool.used_by(project) for tool in others)


def _setup(project: Project, package: PackageJson, started: tuple[str, ...]) -> tuple[str, ...]:
    """The package's own scripts that npm runs when it installs, and the build where what the package exports is not in
    the tree, except for scripts that run anyway (`started`). First the builds of what it needs of its workspace."""
    found: list[ScriptCommand] = []
    for name in _LIFECYCLE:
        understood = understood_calls(package, name)
        opaque = (ScriptCommand(name, "npm", text=f"npm run --silent {name}"),) if name in package.scripts else ()
        found += (understood or opaque) if name not in started else ()
    steps = [*needed_builds(project), *(call.text for call in found if call.program not in _IGNORED)]
    builds = {*started, *(call.script for call in found)}
    if "build" in package.scripts and "build" not in builds and lacks_product(project, package):
        steps.append("npm run --silent build")
    return tuple(dict.fromkeys(step for step in steps if step))
