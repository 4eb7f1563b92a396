"""Secrets in what a patch adds: the scanner of the gate on the new files, and what this process itself hides."""

import asyncio
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from activities import tools
from activities.languages.secret_kinds import KINDS
from activities.patch_checks.patch import Patch, PatchFile
from activities.patch_checks.types import PatchProblem
from activities.quality_gate.measurement import Host
from activities.redaction import holds_hidden
from activities.reporting import patch_problems as texts
from activities.sandbox import ProcessResult, ResourceLimits, SandboxCommand, SandboxSpec
from activities.tooling import OUR_TOOLS, REPOSITORY, Project, Workbench
from activities.untrusted_files import UntrustedFolder, remove_tree

_LIMITS: Final = ResourceLimits(wall_s=120, urgent=True)
_NAMES: Final = "names"


async def problems(host: Host, patch: Patch) -> Sequence[PatchProblem]:
    """Whatever a file or comment of the repository allows: the patch may have written that too."""
    files = [file for file in patch.files if file.after and file.after.is_file]
    found = [
        PatchProblem("secrets", file.path, 0, texts.OWN_SECRET)
        for file in files
        if holds_hidden(file.path) or (holds_hidden(file.texts[1]) and not holds_hidden(file.texts[0]))
    ]
    suspect = [file for file in files if _may_have_secrets(file.texts[1]) or _may_have_secrets(file.path)]
    if suspect:
        found += await _scanned(host, suspect)
    return found


def _may_have_secrets(text: str) -> bool:
    plain = text.replace("\0", "").encode("utf-8", "replace")
    return any(kind.may_be_in(plain) for kind in KINDS)


async def _scanned(host: Host, files: Sequence[PatchFile]) -> list[PatchProblem]:
    host.scratch.mkdir(parents=True, exist_ok=True)
    home = Path(tempfile.mkdtemp(prefix="patch.", dir=host.scratch))
    try:
        for name in ("tree", "out"):
            UntrustedFolder(home).make_folder(name)
        tree = UntrustedFolder(home / "tree")
        for number, file in enumerate(files):
            # Under names of ours: what is in a test or an example counts too, and the name itself may be the secret.
            tree.write(f"{number}.txt", f"{file.texts[1]}\n\n{file.path}\n".encode())
        bench = _bench(host, home)
        report = await tools.registry()["kingfisher"].run(bench)
    finally:
        await asyncio.to_thread(remove_tree, home)
    if not report.completed:
        return [PatchProblem("secrets", "", 0, texts.NO_SCAN)]
    public = {kind.name for kind in KINDS if kind.is_public}
    found = []
    for each in report.findings:
        index = each.path.removesuffix(".txt")
        if each.rule in public or not index.isdecimal() or int(index) >= len(files):
            continue
        file = files[int(index)]
        before, after = file.texts
        lines = after.split("\n")
        line = lines[each.line - 1].strip() if 0 < each.line <= len(lines) else ""
        if line and line in before:
            continue  # it was there
        row = each.line if each.line <= len(lines) else 0
        found.append(PatchProblem("secrets", file.path, row, texts.secret(each.rule)))
    return found


def _bench(host: Host, home: Path) -> Workbench:
    box = SandboxSpec(tree=home / "tree", out=home / "out", read_only=(OUR_TOOLS,))

    async def run(command: SandboxCommand) -> ProcessResult:
        return await host.runner.run(box, replace(command, limits=_LIMITS))

    project = Project(".", home / "tree", REPOSITORY)
    return Workbench(project, host.runner.paths(box), home / "out", run, limits=_LIMITS)
