"""Commands of a workspace's root that only start the members' own scripts: `npm test --workspaces`, `turbo run test`.

Each member is a project, and its scripts are run there; so such a command is nothing of the root's own.
"""

import re
from collections.abc import Mapping, Sequence

_WORKSPACE_FLAGS = ("--workspaces", "-ws", "--workspace", "-w", "--recursive", "-r", "--filter", "-F", "--prefix", "-C")
_RUNNERS = ("turbo", "nx", "lerna", "wsrun", "ultra", "rush", "lage", "bolt", "moon")
_MANAGERS = ("npm", "pnpm", "yarn", "bun")


def delegates_tests(scripts: Mapping[str, str]) -> bool:
    """Whether one of the scripts for tests starts those of members."""
    tests = (text for name, text in scripts.items() if name.startswith("test"))
    return any(is_delegated(piece.split()) for text in tests for piece in re.split(r"&&|;", text))


def is_delegated(words: Sequence[str]) -> bool:
    """Whether the words of a simple command start scripts of a workspace's members and nothing of the package's own.
    Variables and `npx` in front of it do not count."""
    left = list(words)
    while left and (left[0] in ("npx", "bunx", "cross-env", "--") or (left[0] in _MANAGERS and left[1:2] == ["exec"])):
        left = left[2:] if left[1:2] == ["exec"] else left[1:]
    while left and "=" in left[0] and not left[0].startswith("-"):
        left = left[1:]
    if len(left) > 1 and left[0] in _MANAGERS and left[1] in _RUNNERS:
        left = left[1:]
    if not left:
        return False
    program, rest = left[0].rpartition("/")[2], left[1:]
    if program in _RUNNERS:
        return any(not word.startswith("-") for word in rest)
    if program == "yarn" and rest[:1] in (["workspaces"], ["workspace"]):
        return len(rest) > 1
    return program in _MANAGERS and any(word.partition("=")[0] in _WORKSPACE_FLAGS for word in _before_arguments(rest))


def _before_arguments(words: Sequence[str]) -> Sequence[str]:
    """What the package manager itself reads: the rest is the script's."""
    return words[: words.index("--")] if "--" in words else words
