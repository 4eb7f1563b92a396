"""May a change be reverted here and now, without a person? Pure but for reading the change."""

import re
from collections.abc import Sequence

from activities.incident_changes.kinds import data_migrations
from activities.incident_engine.culprit import Culprit, NoCulprit, read_culprit
from activities.incidents import fix_texts
from activities.incidents.acting import GuardInput, GuardResult, IncidentRules
from activities.incidents.store import IncidentStore
from activities.patch_checks import protected_paths
from activities.patch_checks.patch import Patch, read_patch
from activities.patch_checks.protected_paths import DEFAULT_PROTECTED
from activities.quality_gate.engine import GateEngine
from activities.quality_gate.measurement import Host
from activities.quality_gate.types import Workspace
from activities.workspace.leases import leases

_NO = frozenset({"false", "no", "off", "0"})


class FixGuards:
    """`gate` reads the configuration, `store` has the changes of the incident."""

    def __init__(self, host: Host, gate: GateEngine, store: IncidentStore) -> None:
        self._host = host
        self._gate = gate
        self._store = store

    async def check(self, input: GuardInput) -> GuardResult:
        """The first reason against it. Raises CommitsLost."""
        workspaces, workspace = self._host.workspaces, input.workspace
        with leases():
            try:
                culprit = await read_culprit(workspaces, self._store, input.scope, workspace, input.sha)
            except NoCulprit as none:
                return GuardResult(str(none))
            patch = await read_patch(workspaces, workspace.repo, culprit.base, culprit.newest)
            protected = await protected_by(self._host, self._gate, workspace, patch)
        paths = [side.path for file in patch.files for side in (file.before, file.after) if side]
        refusal = refusal_of(culprit, paths, protected, input.rules, input.now, input.fixes_today)
        return GuardResult(refusal, culprit.title, culprit.pull)


def refusal_of(
    culprit: Culprit, paths: Sequence[str], protected: Sequence[str], rules: IncidentRules, now: float, fixes_today: int
) -> str:  # fmt: skip
    """The first sentence that speaks against reverting, "" for none. `protected` are those of the paths that are."""
    labels = {label.casefold() for label in culprit.labels}
    migrations = data_migrations(dict.fromkeys(paths))
    line = _opt_out_line(culprit.messages, rules.opt_out)
    against = (
        (fixes_today >= rules.fixes_per_day, fix_texts.too_many_fixes(rules)),
        (now - culprit.at > rules.culprit_hours * 3600, fix_texts.too_old(rules)),
        (rules.opt_out.casefold() in labels, fix_texts.opted_out(rules.opt_out, label=True)),
        (line, fix_texts.opted_out(line, label=False)),
        (protected, fix_texts.protected(protected)),
        (migrations, fix_texts.migrates(migrations)),
    )
    return next((sentence for holds, sentence in against if holds), "")


def _opt_out_line(messages: Sequence[str], name: str) -> str:
    """A line such as `No-revert: true` in one of the messages; `no` as its value takes it back."""
    trailer = re.compile(rf"^{re.escape(name)}[ \t]*:[ \t]*(\S*)[ \t]*$", re.IGNORECASE | re.MULTILINE)
    for message in messages:
        for found in trailer.finditer(message):
            if found[1].casefold() not in _NO:
                return found[0].strip()
    return ""


async def protected_by(host: Host, gate: GateEngine, workspace: Workspace, patch: Patch) -> tuple[str, ...]:
    """The paths of a change that no patch may touch, by the configuration that judges the workspace's head."""
    await host.workspaces.fetch(workspace.repo, workspace.config_sha or workspace.head_sha)
    own = (await gate.configuration(workspace)).agent.protected_paths
    configured = (*DEFAULT_PROTECTED, *own) if own else None
    return tuple(problem.path for problem in protected_paths.problems(patch, configured, ()))
