"""Which files of a commit are no valid code or data, by a parser of their language; code is parsed in the sandbox."""

import asyncio
import json
import tomllib
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from activities.migration_engine.steps import StepSite, step_home
from activities.reports import BadReport, parse_json
from activities.sandbox import ResourceLimits, SandboxCommand, SandboxSpec
from activities.tooling import OUR_TOOLS
from activities.untrusted_files import UntrustedFileError, UntrustedFolder

_JAVASCRIPT = {
    "js": (".js", ".jsx", ".mjs", ".cjs"),
    "ts": (".ts", ".mts", ".cts"),
    "tsx": (".tsx",),
}
_RULES = "\n---\n".join(
    json.dumps({"id": name, "language": name, "severity": "error", "message": "error", "rule": {"kind": "ERROR"}})
    for name in _JAVASCRIPT
)
_PYTHON = """
import ast, json, sys
bad = []
for path in json.load(sys.stdin):
    try:
        with open(path, "rb") as file:
            ast.parse(file.read())
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        bad.append(path)
print(json.dumps(bad))
"""
_LIMITS = ResourceLimits(wall_s=300)
_MOST_FILES = 2_000
_LARGEST_FILE = 5 * 1024**2
_DATA: dict[str, Callable[[str], object]] = {".json": json.loads, ".toml": tomllib.loads}


async def unparsed(site: StepSite, checkout: Path, paths: Collection[str]) -> frozenset[str]:
    """Those of the paths that do not parse."""
    files = UntrustedFolder(checkout)
    there = [path for path in sorted(paths) if await asyncio.to_thread(files.is_file, path)][:_MOST_FILES]
    bad = {path for path in there if not await asyncio.to_thread(_is_data, files, path)}
    script = [path for path in there if path.endswith(tuple(end for ends in _JAVASCRIPT.values() for end in ends))]
    if script:
        argv = (str(OUR_TOOLS / "bin" / "ast-grep"), "scan", "--inline-rules", _RULES, "--no-ignore", "hidden")
        bad |= await _by_ast_grep(site, checkout, (*argv, "--json=stream", *script))
    if python := [path for path in there if path.endswith(".py")]:
        argv = (str(OUR_TOOLS / "bin" / "python"), "-I", "-W", "ignore", "-c", _PYTHON)
        printed = await _printed(site, checkout, argv, json.dumps(python).encode())
        try:
            named = parse_json(printed, "the list of files")
        except BadReport:  # something ended the parser, as it does before the step too
            named = python
        bad |= {str(path) for path in named} if isinstance(named, list) else set(python)
    return frozenset(bad)


def _is_data(files: UntrustedFolder, path: str) -> bool:
    parse = next((parse for end, parse in _DATA.items() if path.endswith(end)), None)
    if parse is None:
        return True
    try:
        parse(files.read_text(path, _LARGEST_FILE).removeprefix("\ufeff"))
    except (ValueError, RecursionError, UntrustedFileError):
        return False
    return True


async def _by_ast_grep(site: StepSite, checkout: Path, argv: Sequence[str]) -> set[str]:
    lines = (await _printed(site, checkout, argv, b"")).splitlines()
    found = (parse_json(line, "ast-grep's report") for line in lines if line.startswith(b"{") and line.endswith(b"}"))
    return {str(one.get("file", "")) for one in found if isinstance(one, dict)}


async def _printed(site: StepSite, checkout: Path, argv: Sequence[str], stdin: bytes) -> bytes:
    async with step_home(site) as home:
        spec = SandboxSpec(checkout, home / "out", read_only=site.interpreters)
        result = await site.runner.run(spec, SandboxCommand(tuple(argv), limits=_LIMITS, stdin=stdin))
        return result.stdout
