"""Paths that decide what runs elsewhere, who reviews, and what agents are told: no agent changes them unasked."""

from collections.abc import Iterator, Sequence
from typing import Final

from activities.globs import path_matches
from activities.patch_checks.patch import Patch
from activities.patch_checks.types import PatchProblem
from activities.reporting import patch_problems as texts

ALWAYS_PROTECTED: Final = (".github/workflows/**", ".github/actions/**", ".github/autobuild*")
"""Whatever the configuration says."""

DEFAULT_PROTECTED: Final = (
    *ALWAYS_PROTECTED,
    # who reviews, and what GitHub does
    *("CODEOWNERS", ".github/dependabot.y*ml", ".github/settings.y*ml", ".github/scripts/**", ".gitattributes"),
    # other services that run what a file says
    *(".gitlab-ci.y*ml", ".circleci/**", ".travis.yml", "azure-pipelines*.y*ml", "bitbucket-pipelines.yml"),
    *("Jenkinsfile*", ".buildkite/**", ".drone.y*ml", ".woodpecker*", "appveyor.yml", ".cirrus.yml", "cloudbuild.y*ml"),
    # what agents are told, and what editors start
    *("AGENTS.md", "AGENTS.override.md", "CLAUDE.md", "CLAUDE.local.md", "GEMINI.md", "CONVENTIONS.md"),
    *(".claude/**", ".codex/**", ".gemini/**", ".cursor/**", ".cursorrules", ".windsurf*", ".clinerules", ".aider*"),
    *(".github/copilot-instructions.md", ".github/instructions/**", ".github/prompts/**", ".github/agents/**"),
    *("opencode.json*", ".opencode/**", ".mcp.json", ".vscode/**", ".idea/**", ".devcontainer/**"),
    # hooks, and what decides where packages come from
    *(".husky/**", ".githooks/**", "lefthook*.y*ml", ".lefthook*", ".pre-commit-config.yaml", ".pre-commit-hooks.yaml"),
    *(".npmrc", ".yarnrc*", ".pnpmfile.cjs", "pip.conf", ".pypirc", ".netrc", ".envrc", ".cargo/**"),
)
"""`agent.protected_paths` of `.github/autobuild.yml`, where it says nothing."""


def problems(patch: Patch, configured: Sequence[str] | None, allowed: Sequence[str]) -> Iterator[PatchProblem]:
    """`allowed` are globs of paths that the approved plan names."""
    patterns = DEFAULT_PROTECTED if configured is None else (*ALWAYS_PROTECTED, *configured)
    folded = [pattern.casefold() for pattern in patterns]
    for file in patch.files:
        for side in (file.before, file.after):
            if side and path_matches(folded, side.path.casefold()) and not path_matches(allowed, side.path):
                yield PatchProblem("protected-paths", side.path, 0, texts.PROTECTED)
                break
