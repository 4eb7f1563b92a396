"""What pre-commit's configuration says of a tool beside its version: which files it looks at, and its arguments."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice
from typing import Any

from activities.languages.yaml_files import read_yaml
from activities.model import Finding, ToolReport
from activities.reports import BadReport, parse_json, read_output, write_input
from activities.tool_reports import execute
from activities.tooling import OUR_TOOLS, Project, Workbench

_FILE = ".pre-commit-config.yaml"
_MOST_HOOKS = 500

# They change files, or what is printed and where: that is ours to say.
_OURS = frozenset(
    (
        "--fix", "--exit-non-zero-on-fix", "--fix-only", "--show-fixes", "--unsafe-fixes", "--no-unsafe-fixes",
        "--no-fix", "--diff", "--check", "--check-only", "--in-place", "--quiet", "-q", "--verbose", "-v", "--color",
        "--no-color", "--exit-zero", "--show-source", "--statistics", "--filter-files", "--no-cache", "--pretty",
        "--no-pretty", "-rn", "-sn", "--watch", "--outputjson", "--scripts-are-modules", "--show-error-codes",
        "--no-error-summary", "--count", "--install-types", "--non-interactive", "--benchmark", "--show-config",
    )
)  # fmt: skip
_OURS_WITH_VALUE = frozenset(
    (
        "--output-format", "--output-file", "--cache-dir", "--output", "--format", "-o", "-f", "--reports", "--score",
        "--jobs", "--tee", "--junit-xml", "--html-report", "--txt-report", "--xml-report", "--cobertura-xml-report",
        "--linecount-report", "--workers", "--python-executable", "--package", "--module", "--command", "--shadow-file",
    )
)  # fmt: skip

# A pattern of the repository may take for ever: it is matched in the sandbox.
_MATCH = """
import json, re, sys
given = json.load(open(sys.argv[1]))
def fits(path, rules):
    files, excludes = rules
    return all(re.search(one, path) for one in files) and not any(re.search(one, path) for one in excludes)
kept = [[fits(path, rules) for path in given["paths"]] for rules in given["rules"]]
json.dump(kept, open(sys.argv[2], "w"))
"""


@dataclass(frozen=True)
class HookRules:
    """One hook. A path is looked at if all of `files` match it and none of `excludes` does; all are regular
    expressions. `args` are None where the hook has its own."""

    id: str
    files: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    args: tuple[str, ...] | None = None
    dependencies: tuple[str, ...] = ()


def hook_rules(project: Project, ids: Sequence[str]) -> tuple[HookRules, ...]:
    """The hooks of these ids, of the project's folder or the next one around it that has any."""
    for place in (project, *project.around):
        if found := tuple(each for each in _rules(place.read(_FILE)) if each.id in ids):
            return found
    return ()


def hook_arguments(project: Project, *ids: str) -> tuple[str, ...]:
    """The arguments of the first such hook, less what it prints and where."""
    return without_output_options(next((each.args for each in hook_rules(project, ids) if each.args), ()) or ())


def without_output_options(args: Sequence[str]) -> tuple[str, ...]:
    """Less what changes files, or what is printed and where."""
    kept, skip = [], False
    for word in args:
        name, equals, _ = word.partition("=")
        if skip:
            skip = False
        elif name in _OURS_WITH_VALUE:
            skip = not equals
        elif name not in _OURS:
            kept.append(word)
    return tuple(kept)


async def as_hooked(bench: Workbench, report: ToolReport, ids: Sequence[str]) -> ToolReport:
    """The report without findings in files that the tool's hooks leave out."""
    rules = [each for each in hook_rules(bench.project, ids) if each.files or each.excludes]
    paths = sorted({each.path for each in report.findings})
    if not rules or not paths or len(rules) < len(hook_rules(bench.project, ids)):
        return report
    kept = await _matched(bench, paths, [(each.files, each.excludes) for each in rules])
    if kept is None:
        return report  # a pattern that Python does not know
    looked_at = {
        (rule.id, path)
        for rule, fits in zip(rules, kept, strict=False)
        for path, fit in zip(paths, fits if isinstance(fits, list) else (), strict=False)
        if fit
    }

    def counts(finding: Finding) -> bool:
        formats = [each for each in rules if each.id.endswith("-format") == (finding.rule == "format")]
        return any((each.id, finding.path) in looked_at for each in formats or rules)

    return replace(report, findings=tuple(filter(counts, report.findings)))


async def matching_paths(bench: Workbench, paths: Sequence[str], patterns: Sequence[str]) -> list[str]:
    """Those of the paths that one of the repository's patterns matches; none where Python does not know one."""
    kept = await _matched(bench, paths, [((pattern,), ()) for pattern in patterns]) or []
    matched = {path for fits in kept if isinstance(fits, list) for path, fit in zip(paths, fits, strict=False) if fit}
    return sorted(matched)


async def _matched(
    bench: Workbench, paths: Sequence[str], rules: Sequence[tuple[Sequence[str], Sequence[str]]]
) -> list[Any] | None:
    """For each rule (`files`, `excludes`) whether each path fits; None where the patterns could not be matched."""
    write_input(bench.out, "hooks.json", json.dumps({"paths": list(paths), "rules": rules}))
    files = (f"{bench.paths.out}/hooks.json", f"{bench.paths.out}/hooked.json")
    await execute(bench, (str(OUR_TOOLS / "bin" / "python"), "-I", "-c", _MATCH, *files))
    try:
        kept = parse_json(read_output(bench.out, "hooked.json"), "hooked.json")
    except BadReport:
        return None
    return kept if isinstance(kept, list) else []


@lru_cache(maxsize=64)
def _rules(text: str) -> tuple[HookRules, ...]:
    config = read_yaml(text)
    everywhere = config if isinstance(config, dict) else {}
    repos = everywhere.get("repos")
    listed = (repo.get("hooks") for repo in (repos if isinstance(repos, list) else []) if isinstance(repo, dict))
    hooks = (hook for each in listed if isinstance(each, list) for hook in each if isinstance(hook, dict))
    return tuple(_rule(hook, everywhere) for hook in islice(hooks, _MOST_HOOKS))


def _rule(hook: dict[str, Any], everywhere: dict[str, Any]) -> HookRules:
    args = hook.get("args")
    needs = hook.get("additional_dependencies")
    return HookRules(
        "".join(_texts(hook.get("id"))),
        tuple(_texts(everywhere.get("files"), hook.get("files"))),
        tuple(_texts(everywhere.get("exclude"), hook.get("exclude"))),
        tuple(_texts(*args)) if isinstance(args, list) else None,
        tuple(each for each in (needs if isinstance(needs, list) else ()) if isinstance(each, str)),
    )


def _texts(*values: object) -> Iterator[str]:
    """Texts and numbers as texts; lists and tables, which may be endless, are none."""
    yield from (str(each) for each in values if each and isinstance(each, str | int | float))
