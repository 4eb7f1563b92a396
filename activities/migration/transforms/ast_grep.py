"""Steps by rules of ast-grep: rewrites, and places that are left to a person.

ast-grep only reports, in the sandbox; what it would write is put into the files here, byte ranges only. A rule is run
until it finds nothing more, so that a second run changes nothing; one that matches what it wrote itself is refused. A
file that cannot be parsed, or could not be afterwards, stays as it is.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from activities.globs import path_matches
from activities.migration.recipe import SourceTree, StepBench, StepReport, Transform
from activities.migration.transforms.failures import ended
from activities.migration.types import Leftover
from activities.reporting import migration as sentences
from activities.reports import non_negative, valid_unicode
from activities.sandbox import ResourceLimits, SandboxCommand
from activities.tooling import OUR_TOOLS
from activities.untrusted_files import UntrustedFileError, UntrustedFolder

ENDINGS: Mapping[str, tuple[str, ...]] = {
    "Bash": ("bash", "sh", "zsh", "bats", "ksh"),
    "C": ("c", "h"),
    "Cpp": ("cc", "cpp", "cxx", "hpp", "hh", "hxx", "c++"),
    "CSharp": ("cs",),
    "Css": ("css", "scss"),
    "Elixir": ("ex", "exs"),
    "Go": ("go",),
    "Haskell": ("hs",),
    "Hcl": ("hcl",),
    "Html": ("html", "htm", "xhtml"),
    "Java": ("java",),
    "JavaScript": ("js", "jsx", "mjs", "cjs"),
    "Json": ("json",),
    "Kotlin": ("kt", "ktm", "kts"),
    "Lua": ("lua",),
    "Nix": ("nix",),
    "Php": ("php",),
    "Python": ("py", "py3", "pyi", "bzl"),
    "Ruby": ("rb", "rbw", "gemspec"),
    "Rust": ("rs",),
    "Scala": ("scala", "sc", "sbt"),
    "Solidity": ("sol",),
    "Swift": ("swift",),
    "Tsx": ("tsx",),
    "TypeScript": ("ts", "cts", "mts"),
    "Yaml": ("yaml", "yml"),
}
"""How ast-grep knows a file's language."""

_CONFIG, _RULES, _OUTPUT, _CHANGED = "sgconfig.yml", "rules", "matches.jsonl", "changed"
_SYNTAX = "autobuild-syntax"
_RULE_FILE = re.compile(rf"/{_RULES}/(\d+)\.\w+\.yml")
_CAUSE = re.compile(r"╰▻ *(.*)")
_MOST_FILES = 500
_MOST_PASSES = 25
_LARGEST_OUTPUT = 256 * 1024**2
_LIMITS = ResourceLimits(wall_s=1800)


@dataclass(frozen=True)
class CodeRule:
    """`body` is what ast-grep reads beside id and language. With `reason`, its matches are leftovers."""

    grammars: tuple[str, ...]
    body: Mapping[str, Any]
    reason: str = ""
    fix: str = ""
    breaks_build: bool = False


@dataclass(frozen=True)
class _Match:
    rule: CodeRule
    start: int
    end: int
    new: bytes
    line: int
    message: str


@dataclass
class _Matches:
    """Of one run: what was found in each file, and the files that have a syntax error with its line."""

    found: dict[str, list[_Match]] = field(default_factory=dict)
    broken: dict[str, int] = field(default_factory=dict)


class _Refused(Exception):
    """Why ast-grep gave no result."""


@dataclass(frozen=True)
class AstGrepTransform(Transform):
    """`files` and `ignore` are globs, as in the configuration; without `files`, all files of the rules' languages."""

    rules: tuple[CodeRule, ...]
    files: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    writes_text = True

    def candidates(self, tree: SourceTree, to: str) -> Iterable[str]:
        patterns = sorted({f"*.{ending}" for rule in self.rules for name in rule.grammars for ending in ENDINGS[name]})
        for path in tree.named(*patterns):
            if (not self.files or path_matches(self.files, path)) and not path_matches(self.ignore, path):
                yield path

    async def apply(self, bench: StepBench) -> StepReport:
        readable = [path for path in bench.files if bench.tree.read(path) is not None]
        texts = {path: data for path in readable if (data := bench.tree.content(path)) is not None}
        leftovers = [Leftover(path, 0, *sentences.unreadable_file()) for path in bench.files if path not in texts]
        originals = dict(texts)
        try:
            at_first = now = await self._matches(bench, tuple(texts))
            at_last = replace(now, found=dict(now.found))
            for _ in range(_MOST_PASSES):
                files = _rewrite(now, texts, originals, bench.tree)
                if not files:
                    break
                now = await self._matches(bench, files, texts)
                leftovers += _take_back(now, texts, originals, bench.tree)
                at_last.found |= {file: now.found.get(file, []) for file in files}
            else:
                return StepReport(problem=sentences.endless_rule(files[0]))
        except (_Refused, UntrustedFileError) as error:
            return StepReport(problem=str(error))
        broken = (
            Leftover(file, line, *sentences.unparsed_file())
            for file, line in at_first.broken.items()
            if at_first.found.get(file)
        )
        return StepReport((*broken, *leftovers, *_left(at_last)))

    async def _matches(
        self, bench: StepBench, files: Sequence[str], changed: Mapping[str, bytes] | None = None
    ) -> _Matches:
        """In the repository's files, or in these texts of them."""
        out, place = UntrustedFolder(bench.out), "./"
        if changed is not None:
            place = f"{bench.paths.out}/{_CHANGED}/"
            for path in files:
                out.write(f"{_CHANGED}/{path}", changed[path])
        out.write(_CONFIG, json.dumps({"ruleDirs": [_RULES]}).encode())
        for document in self._documents():
            out.write(f"{_RULES}/{document['id']}.yml", json.dumps(document).encode())
        program = (str(OUR_TOOLS / "bin" / "ast-grep"), "scan", "-c", f"{bench.paths.out}/{_CONFIG}", "--json=stream")
        to_file = ("/bin/sh", "-c", 'exec "$@" > "$0"', f"{bench.paths.out}/{_OUTPUT}", *program)
        matches = _Matches()
        for first in range(0, len(files), _MOST_FILES):
            share = files[first : first + _MOST_FILES]
            command = SandboxCommand((*to_file, *(f"{place}{path}" for path in share)), limits=_LIMITS)
            result = await bench.run(command)
            if result.stopped or result.exit_code:
                raise _Refused(_rule_error(result.stderr) or ended(result))
            try:
                for line in out.read_text(_OUTPUT, _LARGEST_OUTPUT).splitlines():
                    self._take(json.loads(line), place, frozenset(share), matches)
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise _Refused(sentences.program_output(str(error))) from error
        return matches

    def _documents(self) -> Iterator[dict[str, Any]]:
        for index, rule in enumerate(self.rules):
            for name in rule.grammars:
                message = {"message": rule.reason} if rule.reason else {}
                yield {"id": f"{index}.{name}", "language": name, "severity": "hint", **rule.body, **message}
        for name in sorted({name for rule in self.rules for name in rule.grammars}):
            yield {"id": f"{_SYNTAX}.{name}", "language": name, "severity": "hint", "rule": {"kind": "ERROR"}}

    def _take(self, entry: Mapping[str, Any], place: str, known: frozenset[str], matches: _Matches) -> None:
        file, id = str(entry["file"]).removeprefix(place), str(entry["ruleId"]).partition(".")[0]
        if file not in known:
            raise ValueError("it names another file")
        line = non_negative(entry["range"]["start"]["line"]) + 1
        if id == _SYNTAX:
            matches.broken.setdefault(file, line)
            return
        offsets = entry.get("replacementOffsets") or entry["range"]["byteOffset"]
        new = str(entry.get("replacement") or "").encode("utf-8", "replace")
        message = valid_unicode(str(entry.get("message") or ""))[:300]
        match = _Match(self.rules[int(id)], int(offsets["start"]), int(offsets["end"]), new, line, message)
        matches.found.setdefault(file, []).append(match)


def _rewrite(now: _Matches, texts: dict[str, bytes], originals: Mapping[str, bytes], tree: SourceTree) -> list[str]:
    """The files that were changed: the outermost of matches that overlap, the others are for the next run."""
    changed = []
    for file, found in now.found.items():
        if file in now.broken or file not in texts:
            continue
        before, parts, done = texts[file], [], 0
        for match in sorted(found, key=lambda each: (each.start, -each.end)):
            if match.rule.reason or not done <= match.start <= match.end <= len(before):
                continue
            parts += [before[done : match.start], _with_line_ends(match, originals[file])]
            done = match.end
        after = b"".join((*parts, before[done:]))
        if after != before:
            texts[file] = after
            tree.write(file, after.decode("utf-8"))
            changed.append(file)
    return changed


def _with_line_ends(match: _Match, original: bytes) -> bytes:
    is_windows = original.count(b"\r\n") * 2 > original.count(b"\n")
    return re.sub(rb"(?<!\r)\n", b"\r\n", match.new) if is_windows else match.new


def _take_back(
    now: _Matches, texts: dict[str, bytes], originals: Mapping[str, bytes], tree: SourceTree
) -> Iterator[Leftover]:
    """Files that the last rewrite broke, as they were."""
    for file, line in now.broken.items():
        texts.pop(file)
        now.found.pop(file, None)
        tree.write(file, originals[file].decode("utf-8"))
        yield Leftover(file, line, *sentences.broken_by_rule())


def _left(matches: _Matches) -> Iterator[Leftover]:
    for file, found in matches.found.items():
        for match in sorted(found, key=lambda each: each.start):
            if match.rule.reason:
                rule = match.rule
                yield Leftover(file, match.line, match.message or rule.reason, rule.fix, rule.breaks_build)


def _rule_error(stderr: bytes) -> str:
    """What ast-grep says of a rule that it cannot read: the innermost cause comes last."""
    text = stderr.decode("utf-8", "backslashreplace")
    number, causes = _RULE_FILE.search(text), _CAUSE.findall(text)
    if not number or not causes:
        return ""
    why = next((cause for cause in reversed(causes) if "Fail to parse" not in cause), causes[-1])
    return sentences.unreadable_rule(int(number[1]), re.sub(r" at line \d+.*", "", why.strip()))
