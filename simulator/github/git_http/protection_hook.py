"""Protected branches against `git push`: an `update` hook per repository, which reports what was decided before.

The push's commands are enough for most rules. Whether a push rewrites a branch or adds a merge commit needs the
pushed objects, so the hook checks that.
"""

from collections.abc import Iterable, Iterator

from aiohttp import StreamReader

from simulator.github.entities import Repository, User
from simulator.github.services.protection import NO_FORCE, NO_MERGES, ProtectionService

_PACKET_LIMIT = 65_515
"""Bytes of one side-band packet's content."""
_HOOK = f"""#!/bin/sh
reasons=$(printf '%s\\n' "$DECLINED" | awk -F '\\t' -v ref="$1" '$1 == ref {{ print "- " $2 }}')
listed() {{ printf '%s\\n' "$2" | grep -qxF -- "$1"; }}
case "$2$3" in
    *0000000000000000000000000000000000000000*) ;;
    *)
        if listed "$1" "$NO_FORCE" && ! git merge-base --is-ancestor "$2" "$3"; then
            reasons="- {NO_FORCE}"
        elif listed "$1" "$LINEAR" && [ "$(git rev-list --count --merges "$3" "^$2")" != 0 ]; then
            reasons="${{reasons:+$reasons
}}- {NO_MERGES}"
        fi
        ;;
esac
[ -z "$reasons" ] && exit 0
printf 'error: %s for %s.\\n\\n%s\\n' "$TITLE" "$1" "$reasons" >&2
exit 1
"""
_TITLES = ("GH006: Protected branch update failed", "GH013: Repository rule violations found")
_ENDS = (b"protected branch hook declined", b"push declined due to repository rule violations")


async def read_commands(content: StreamReader) -> tuple[bytes, list[tuple[str, str]]]:
    """The first bytes of a push, unchanged, and its commands: each ref with its new id."""
    raw = b""
    found: list[tuple[str, str]] = []
    while True:
        size = await content.readexactly(4)
        raw += size
        length = int(size, 16)
        if length <= 4:
            return raw, found
        line = await content.readexactly(length - 4)
        raw += line
        words = line.partition(b"\0")[0].decode("utf-8", "surrogateescape").split(maxsplit=2)
        if len(words) == 3:
            found.append((words[2].strip(), words[1]))


def environment(
    protection: ProtectionService, repo: Repository, commands: Iterable[tuple[str, str]], sender: User
) -> dict[str, str]:
    """The hook's environment; installs the hook once a branch is protected."""
    hook = repo.path / "hooks" / "update"
    branches = repo.protected | {
        ref.removeprefix("refs/heads/") for ref, _ in commands if ref.startswith("refs/heads/")
    }
    rules = {f"refs/heads/{branch}": repo.rules_of(branch) for branch in branches if repo.is_protected(branch)}
    if rules and not hook.exists():
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(_HOOK)
        hook.chmod(0o755)
    problems = {ref: protection.push_problems(repo, ref, new, sender) for ref, new in commands}
    binding = {ref: its for ref, its in rules.items() if its.enforce_admins or repo.level(sender.login) != "admin"}
    return {
        "DECLINED": "\n".join(f"{ref}\t{reason}" for ref, reasons in problems.items() for reason in reasons),
        "NO_FORCE": "\n".join(ref for ref, its in rules.items() if not its.allow_force),
        "LINEAR": "\n".join(ref for ref, its in binding.items() if its.linear),
        "TITLE": _TITLES[any(its.ruleset for its in rules.values())],
    }


def with_github_errors(answer: bytes, repo: Repository) -> bytes:
    """Git's answer to a push, with GitHub's sentences for what the hook declined."""
    end = _ENDS[bool(repo.rulesets) or any(its.ruleset for its in repo.rules.values())]
    head, blank, body = answer.partition(b"\r\n\r\n")
    if b"hook declined" not in body:
        return answer
    report, out = b"", b""
    for packet in _packets(body):
        if packet[:1] == b"\1":
            report += packet[1:]
        else:
            out += _packet(packet)
    lines = [line.replace(b" hook declined", b" " + end) for line in _packets(report)]
    rewritten = b"".join(_packet(line) for line in lines) + b"0000"
    parts = [rewritten[start : start + _PACKET_LIMIT] for start in range(0, len(rewritten), _PACKET_LIMIT)]
    return head + blank + out + b"".join(_packet(b"\1" + part) for part in parts) + b"0000"


def _packets(body: bytes) -> Iterator[bytes]:
    """The contents of the packets until the one that ends them."""
    at = 0
    while (length := int(body[at : at + 4] or b"0", 16)) > 4:
        yield body[at + 4 : at + length]
        at += length


def _packet(content: bytes) -> bytes:
    return b"%04x%s" % (len(content) + 4, content)
