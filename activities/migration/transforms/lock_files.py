"""Lock files, written anew by the repository's own package manager after a step changed manifests.

The manager runs in the sandbox, with the registries as its network, on a copy of the files that decide the lock file;
only that file is taken. What cannot be had is a row for a person, and undoes nothing.
"""

import json
import re
import shlex
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from activities.errors import UserError
from activities.languages.javascript.manifest import manifest
from activities.languages.javascript.package_json import read_package, workspace_home
from activities.languages.javascript.package_manager import (
    BUN_LOCK,
    LOCK_FILES,
    PackageManager,
    error_of,
    find_manager,
    install_environment,
    lock_words,
    manager_of,
)
from activities.languages.javascript.programs import SYSTEM_PATH, node, node_home, npm
from activities.migration.python.compiled import compiled_files, stale
from activities.migration.recipe import SourceTree, StepBench, StepReport, Transform
from activities.migration.transforms.lock_plans import LockKind, LockPlan
from activities.migration.transforms.python_locks import PYTHON_LOCKS, compiled_kind, decides_packages
from activities.migration.types import Leftover
from activities.reporting import migration as reporting
from activities.reports import valid_unicode
from activities.sandbox import ProcessResult, ResourceLimits, SandboxCommand
from activities.tool_reports import last_output
from activities.tooling import Project
from activities.untrusted_files import UntrustedFileError, UntrustedFolder

_LARGEST = 50 * 1024**2
_LIMITS = ResourceLimits(wall_s=900)
_PACKAGE = r"(?:@[\w.-]+/)?[\w.-]+"
_CONFLICT = re.compile(
    rf'^npm (?:error|ERR!|warn|WARN)\s.*?\bpeer(?:Optional)? ({_PACKAGE})@"([^"]*)" from ({_PACKAGE})@', re.M
)
_MERGE = re.compile(r"^(<{7}|>{7})( |$)", re.M)
_PNPM = re.compile(r"^['\"]?lockfileVersion['\"]?:", re.M)
_TARBALL = re.compile(r"(https?://[^\s\"'#]+?)/((?:@[^/\s\"']+/)?[^/\s\"']+/-/[^/\s\"'#]+\.tgz)")

# Yarn 1 has no option for the lock file alone. It lets a module replace its steps: those after the resolution.
_YARN_HOOKS = ".yarn-hooks.cjs"
_YARN_SKIPS = b"""const skip = async () => {};
global.experimentalYarnHooks = { fetchStep: skip, linkStep: skip, pnpStep: skip, buildStep: skip };
"""


@dataclass(frozen=True)
class LockResult:
    """`problem`: why it was left as it was. `conflicts`: (peer, range, the package that has it), where npm says that
    some of those do not fit. `exists`: False for one that the repository does not have, and gets none."""

    path: str
    by_hand: str
    problem: str = ""
    conflicts: frozenset[tuple[str, str, str]] = frozenset()
    exists: bool = True

    @property
    def rows(self) -> Iterator[Leftover]:
        if self.problem and self.exists:
            fix = f"Run `{self.by_hand}` in its folder, and commit the lock file."
            yield Leftover(self.path, 0, self.problem, fix, True)


@dataclass(frozen=True)
class WithLockFiles(Transform):
    """`transform`, and then the lock files of the projects whose manifests it changed."""

    transform: Transform
    creates: tuple[str, ...] = ()
    removes: tuple[str, ...] = ()

    def candidates(self, tree: SourceTree, to: str) -> Iterable[str]:
        return self.transform.candidates(tree, to)

    async def apply(self, bench: StepBench) -> StepReport:
        before = manifest_contents(bench.tree)
        report = await self.transform.apply(bench)
        if report.problem:
            return report
        results = await update_lock_files(bench, changed_manifests(bench.tree, before))
        rows = (row for result in results for row in result.rows)
        return replace(report, leftovers=(*report.leftovers, *rows))


def manifest_contents(tree: SourceTree) -> dict[str, bytes | None]:
    names = {name for kind in LOCK_KINDS.values() for name in kind.manifests}
    inputs = {path for compiled in compiled_files(tree) for path in compiled.inputs}
    return {path: tree.content(path) for path in dict.fromkeys((*tree.named(*names), *sorted(inputs)))}


def changed_manifests(tree: SourceTree, before: Mapping[str, bytes | None]) -> list[str]:
    """Those whose change may be one of the packages."""
    after = manifest_contents(tree).items()
    return [path for path, content in after if decides_packages(path, before.get(path), content)]


async def update_lock_files(bench: StepBench, manifests: Iterable[str], lenient: bool = False) -> list[LockResult]:
    """Writes each lock file that belongs to one of the manifests. `lenient`: also where packages want other versions of
    their peers, if the manager can do that."""
    found: dict[str, tuple[Project, LockKind]] = {}
    for path in (changed := list(manifests)):
        folder, _, name = path.rpartition("/")
        for lock, kind in LOCK_KINDS.items():
            if name in kind.manifests:
                project = bench.tree.project(folder, "javascript" if name == "package.json" else "any")
                homes = (home for home in kind.homes(project) if home.has_file(lock))
                found |= {home.inside_repository(lock): (home, kind) for home in homes}
    results = [await _update(bench, path, *found[path], lenient) for path in sorted(found)]
    results += _beside_locks(bench.tree, changed)
    for compiled in stale(compiled_files(bench.tree), changed):
        home = bench.tree.project(compiled.folder, "python")
        results.append(await _update(bench, compiled.path, home, compiled_kind(compiled), lenient))
    return results


def _beside_locks(tree: SourceTree, manifests: Iterable[str]) -> list[LockResult]:
    """What follows the manifests and cannot be written here: a binary lock file, packages in the repository."""
    found: dict[str, LockResult] = {}
    for path in manifests:
        if path.endswith("package.json"):
            home = workspace_home(tree.project(path.rpartition("/")[0], "javascript"))
            if home.has_file("bun.lockb") and not home.has_file(BUN_LOCK):
                lock = home.inside_repository("bun.lockb")
                found[lock] = LockResult(lock, "bun install", reporting.lock_binary())
            for name in (".pnp.cjs", ".pnp.js", ".yarn/cache"):
                if home.has_file(name) or home.files.is_folder(name):
                    kept = home.inside_repository(name)
                    found[kept] = LockResult(kept, "yarn install", reporting.packages_kept())
    return list(found.values())


async def npm_conflicts(bench: StepBench, manifest: str) -> LockResult | None:
    """What npm would say of the project of a package.json that has no lock file; None for another manager's."""
    home = workspace_home(bench.tree.project(manifest.rpartition("/")[0], "javascript"))
    path = home.inside_repository("package-lock.json")
    has_one = any(home.has_file(lock) for lock in (*LOCK_FILES, BUN_LOCK))
    if has_one or find_manager(home, read_package(home)).name != "npm":
        return None
    return await _update(bench, path, home, LOCK_KINDS["package-lock.json"], False)


async def _update(bench: StepBench, path: str, home: Project, kind: LockKind, lenient: bool) -> LockResult:
    lock = home.inside(path)
    exists = home.has_file(lock)
    text = ""
    if exists:
        try:
            text = _lock_text(bench, path, home, lock)
        except UserError as problem:
            return LockResult(path, kind.by_hand, str(problem))
    out = UntrustedFolder(bench.out)
    folder = next(name for number in range(1_000_000) if not out.look(name := f"lock-{number}"))
    plan = kind.plan(home, text, f"{bench.paths.home}/programs", lenient)
    files = {lock: text.encode()} if plan.whole else plan.files
    for name, content in files.items():
        out.write(f"{folder}/{name}", content)
    # In one command: no link stays in a folder of reports, and a program is one.
    place = f"{bench.paths.out}/{folder}"
    steps = [f'cd "{place}"', *map(shlex.join, plan.commands)]
    if plan.whole:
        copy = f"{bench.paths.home}/{folder}"
        inside = shlex.quote(f"{copy}/{home.folder}")
        steps[:1] = f"cp -R {bench.paths.src}/. {copy}", f"cp -R {place}/. {inside}", f"cd {inside}"
        steps.append(f"cp {shlex.quote(lock)} {shlex.quote(f'{place}/{lock}')}")
    script = " && ".join(steps)
    env = {"PATH": f"{node_home() / 'bin'}:{SYSTEM_PATH}", **plan.env}
    result = await bench.run(SandboxCommand(("/bin/sh", "-c", script), env=env, network=True, limits=_LIMITS))
    if result.exit_code != 0:
        return LockResult(path, kind.by_hand, _why(result), _conflicts(result), exists)
    new = _read(out, f"{folder}/{lock}")
    if not exists:
        return LockResult(path, kind.by_hand, conflicts=_conflicts(result), exists=False)
    if not new.strip():
        return LockResult(path, kind.by_hand, reporting.lock_not_written("it wrote none"))
    bench.tree.write(path, kind.settled(new, text))
    return LockResult(path, kind.by_hand, conflicts=_conflicts(result))


def _lock_text(bench: StepBench, path: str, home: Project, lock: str) -> str:
    """Raises UserError where it cannot be written anew."""
    if path not in bench.tree.paths:
        raise UserError(reporting.lock_outside())
    try:
        text = home.files.read_text(lock, _LARGEST)
    except UntrustedFileError as error:
        raise UserError(reporting.lock_not_written(str(error))) from error
    if _is_broken(lock, text):
        raise UserError(reporting.lock_broken())
    return text


def _is_broken(lock: str, text: str) -> bool:
    """Package managers write such a file anew, with the newest versions of everything, and do not say so."""
    if _MERGE.search(text):
        return True
    if lock.endswith((".json", "Pipfile.lock")):
        try:
            return not isinstance(json.loads(text), dict)
        except (ValueError, RecursionError):
            return True
    return lock == "pnpm-lock.yaml" and not _PNPM.search(text)


def _read(out: UntrustedFolder, path: str) -> str:
    try:
        return out.read_text(path, _LARGEST)
    except UntrustedFileError:
        return ""


def _why(result: ProcessResult) -> str:
    if result.stopped:
        return reporting.lock_not_written(f"it was stopped at its {result.stopped} limit")
    output = last_output(result)
    said = valid_unicode(error_of(output)) or output.strip().rpartition("\n")[2]
    return reporting.lock_not_written(said)


def _conflicts(result: ProcessResult) -> frozenset[tuple[str, str, str]]:
    text = result.stderr.decode("utf-8", "replace")
    return frozenset(_CONFLICT.findall(text)) if "ERESOLVE" in text else frozenset()


def _with_known_addresses(text: str, before: str) -> str:
    """Packages come from the registry that the file named before, not from this host's mirror of it."""
    known = Counter(match[1] for match in _TARBALL.finditer(before))
    if not known:
        return text
    usual = known.most_common(1)[0][0]
    return _TARBALL.sub(lambda match: match[0] if match[1] in known else f"{usual}/{match[2]}", text)


def _javascript(home: Project, text: str, programs: str, lenient: bool, lock: str) -> LockPlan:
    manager = manager_of(lock, text, read_package(home))
    files = dict(manifest(home))
    for name in files:
        if name.endswith("package.json"):  # whole: npm's lock file repeats more of it than what decides packages
            files[name] = home.files.read_bytes(name, _LARGEST)
    if text:
        files[lock] = text.encode()
    commands = [(*npm(), *lock_words(manager, text))]
    if manager.package:
        beside = ("--prefix", programs, "--no-save", "--ignore-scripts", "--workspaces=false")
        commands = [
            (*npm(), "install", *beside, manager.package, *filter(None, (manager.node,))),
            (_program(manager, programs), *lock_words(manager, text)),
        ]
    if manager.name == "yarn" and not manager.berry:
        files[_YARN_HOOKS] = _YARN_SKIPS
        program = f"{programs}/node_modules/yarn/bin/yarn.js"
        folder = ("--modules-folder", f"{programs}/installed")
        commands[-1] = (node(), "-r", f"./{_YARN_HOOKS}", program, *lock_words(manager, text), *folder)
    if manager.name == "npm" and lenient:
        commands[-1] += ("--legacy-peer-deps",)
    env = {**install_environment(manager, f"{programs}/cache"), "YARN_ENABLE_IMMUTABLE_INSTALLS": "false"}
    if manager.node:
        env["PATH"] = f"{programs}/node_modules/.bin:{node_home() / 'bin'}:{SYSTEM_PATH}"
    if not text:  # only asked for what it would say
        env |= {"npm_config_fetch_retries": "0"}
    if '"resolved"' in text:
        env["npm_config_omit_lockfile_registry_resolved"] = "false"
    return LockPlan(files, tuple(commands), env)


def _program(manager: PackageManager, programs: str) -> str:
    if manager.name == "bun":
        return f"{programs}/node_modules/{manager.package.rpartition('@')[0]}/bin/bun"
    return f"{programs}/node_modules/.bin/{manager.name}"


def _of_javascript(lock: str, by_hand: str) -> LockKind:
    def plan(home: Project, text: str, programs: str, lenient: bool) -> LockPlan:
        return _javascript(home, text, programs, lenient, lock)

    def homes(project: Project) -> Iterable[Project]:
        return (workspace_home(project),)

    manifests = ("package.json", "pnpm-workspace.yaml", ".yarnrc.yml")
    return LockKind(manifests, homes, plan, by_hand, _with_known_addresses)


_BY_HAND = ("npm install", "npm install", "pnpm install", "yarn install", "bun install")

LOCK_KINDS: Mapping[str, LockKind] = {
    **{lock: _of_javascript(lock, by_hand) for lock, by_hand in zip((*LOCK_FILES, BUN_LOCK), _BY_HAND, strict=True)},
    **PYTHON_LOCKS,
}
"""By the file's name."""
