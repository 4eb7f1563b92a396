"""npm audit: known vulnerabilities in what the lock file installs; pnpm's and yarn's own audit for theirs."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from activities.languages.javascript.advisories import Advisory, RegistryUnavailable, of_berry, of_npm, of_pnpm, of_yarn
from activities.languages.javascript.package_json import read_package, workspace_home
from activities.languages.javascript.package_manager import PackageManager, find_manager
from activities.languages.javascript.programs import MANAGER_FOLDER, npm, start_into, versions
from activities.model import Finding, ToolReport
from activities.reports import BadReport, read_output
from activities.tool_reports import failed_to_run, make_report, stop_reason
from activities.tooling import Project, Tool, Workbench

_NAME = "npm-audit"
_REPORT = "audit.json"
_READERS: dict[str, Callable[[bytes], Iterator[Advisory]]] = {"npm": of_npm, "pnpm": of_pnpm, "yarn": of_yarn}

# A registry that is away is told within seconds, not after npm's own minutes.
_PATIENCE = {
    "npm_config_fetch_retries": "1",
    "npm_config_fetch_retry_mintimeout": "1000",
    "npm_config_loglevel": "error",
}


def _used_by(project: Project) -> str:
    home = workspace_home(project)
    if lock := find_manager(home, read_package(home)).lock:
        return lock
    return "the dependencies in package.json" if read_package(home).dependencies else ""


async def _version(bench: Workbench) -> str:
    manager = _manager(bench)
    return f"{manager.name} {manager.version}" if manager.version else versions()


async def _run(bench: Workbench) -> ToolReport:
    """Without an answer of the registry the report has an advice, so that the check is never green for it."""
    manager, version = _manager(bench), await _version(bench)
    if manager.package and not (bench.env_root and (bench.env_root / MANAGER_FOLDER).is_dir()):
        return ToolReport(
            _NAME, version, completed=False, problem=f"{manager.name} could not be installed to audit with."
        )
    at_home = replace(bench, project=workspace_home(bench.project))
    finished = await start_into(at_home, _REPORT, _words(bench, manager), _PATIENCE, network=True)
    if problem := stop_reason(_NAME, finished):
        return failed_to_run(_NAME, version, finished, problem)
    try:
        read = of_berry if manager.berry else _READERS[manager.name]
        found = tuple(_finding(at_home, manager, advisory) for advisory in read(read_output(bench.out, _REPORT)))
    except RegistryUnavailable as error:
        return make_report(_NAME, version, finished, advice=f"The registry's advisories could not be asked: {error}.")
    except BadReport as error:
        return make_report(_NAME, version, finished, advice=f"The registry's advisories could not be asked. {error}")
    if finished.exit_code and not found:
        return make_report(_NAME, version, finished, advice="The audit failed without naming a vulnerability.")
    return make_report(_NAME, version, finished, findings=found)


def _manager(bench: Workbench) -> PackageManager:
    home = workspace_home(bench.project)
    return find_manager(home, read_package(home))


def _words(bench: Workbench, manager: PackageManager) -> tuple[str, ...]:
    """npm audits a lock file, so one is made where there is none; like all writes it is thrown away."""
    own = f"{bench.paths.env}/{MANAGER_FOLDER}/node_modules/.bin/{manager.name}"
    if manager.berry:
        return (own, "npm", "audit", "--all", "--recursive", "--json")
    if manager.package:
        return (own, "audit", "--json")
    audit = (*npm(), "audit", "--json", "--package-lock-only", "--package-lock=true")
    if manager.lock:
        return audit
    make = '"$0" "$1" install --package-lock-only --package-lock=true --ignore-scripts --no-audit >&2; exec "$0" "$@"'
    return ("/bin/sh", "-c", make, *audit)


def _finding(bench: Workbench, manager: PackageManager, advisory: Advisory) -> Finding:
    """Placed at the package's own entry in the lock file, which moves with what is installed and with nothing else."""
    path = manager.lock or "package.json"
    affected = f" (versions {advisory.affected})" if advisory.affected else ""
    return Finding(
        check="dependencies",
        tool=_NAME,
        rule=advisory.id or "advisory",
        path=bench.relative(path),
        line=_line(bench.project.read(path), advisory),
        message=f"{advisory.package}{affected}: {advisory.title}",
        severity=advisory.severity,
    )


def _line(text: str, advisory: Advisory) -> int:
    name = advisory.package
    wanted = (f'"{advisory.place}":', f'"node_modules/{name}":', f"/{name}@", f"{name}@", f'"{name}":')
    lines = text.splitlines()
    for piece in wanted[0 if advisory.place else 1 :]:
        if at := next((number for number, line in enumerate(lines, 1) if piece in line), 0):
            return at
    return 0


npm_audit = Tool(_NAME, ("dependencies",), "javascript", _used_by, _version, _run)
