"""What a patch shows and writes on GitHub: its comment, its commits, and the change of a dry run."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.github.patch_requests.types import ReplyToThreadInput
    from activities.github_activities import PatchPublishingActivities
    from activities.migration.types import JoinStepInput, MigrationPlan, StepResult, ValidateStepInput
    from activities.patching import report, texts
    from activities.patching.types import (
        IncrementalPatchInput,
        PatchOutcome,
        PatchView,
        PushRequestInput,
        ShowPatchDiffInput,
    )
    from activities.quality_gate.types import Workspace
    from workflows.activity_calls import until_done, write_from
    from workflows.config import RetryPolicies
    from workflows.failures import for_a_person, trace_of, was_cancelled
    from workflows.patching import host_calls
    from workflows.patching.rounds import PatchBench


class PatchComment:
    """The one comment of a patch; nothing where it is not to be published."""

    def __init__(self) -> None:
        self.queue = ""
        """Of the host that does the work, "" until it is known."""

    async def show(self, view: PatchView) -> None:
        """It is never worth ending the patch for."""
        if not view.patch.publish:
            return
        policy = until_done() if view.result else RetryPolicies.github_api()
        try:
            await write_from(self.queue, PatchPublishingActivities.show_patch, view, policy)
        except ActivityError as error:
            if was_cancelled(error):
                raise
            workflow.logger.warning(f"comment=refused stage={view.stage}", exc_info=trace_of(error))


async def show_diff(workspace: Workspace, view: PatchView, end: str) -> str:
    """The sentence why the change of a dry run cannot be shown, "" where it is."""
    try:
        await host_calls.show_diff(workspace, ShowPatchDiffInput(view, workspace.head_sha, end))
    except ActivityError as error:
        if was_cancelled(error) or not (reason := for_a_person(error, "")):
            raise
        return reason
    return ""


async def answer_threads(patch: IncrementalPatchInput, workspace: Workspace, outcomes: Sequence[PatchOutcome]) -> None:
    """Each once. An answer is never worth ending the patch for."""
    for one in outcomes:
        if one.kind != "thread":
            continue
        key, body = f"patch-{patch.comment_id}-{one.id}", report.answer_to_thread(one)
        try:
            await host_calls.reply(
                workspace, ReplyToThreadInput(patch.repo, patch.number, one.id, key, body, bool(one.pushed_sha))
            )
        except ActivityError as error:
            if was_cancelled(error):
                raise
            workflow.logger.warning("answer=refused", exc_info=trace_of(error))


@dataclass(frozen=True)
class PushedPatch:
    """The outcomes after a push, and the branch's head."""

    outcomes: tuple[PatchOutcome, ...]
    head_sha: str


class PatchPush:
    """The commits of a patch, one a request, upon the branch as it is: it may move once meanwhile."""

    def __init__(self, bench: PatchBench, patch: IncrementalPatchInput) -> None:
        self._bench = bench
        self._patch = patch
        self._moved = False

    async def push(self, outcomes: Sequence[PatchOutcome], head: str) -> PushedPatch:
        """Those that have a change. `head` is where the branch is, as far as is known."""
        workspace = self._bench.workspace
        done, wait = dict[str, PatchOutcome](), [one for one in outcomes if one.commit_sha and not one.pushed_sha]
        if wait and head != workspace.head_sha:
            wait = self._record(done, await self._upon(wait, head))
        while wait:
            one = wait[0]
            patch = self._patch
            message = texts.commit_message(one.kind, one.title, patch.number, patch.actor, patch.comment_id)
            try:
                pushed = await host_calls.push(PushRequestInput(workspace, head, one.commit_sha, message))
            except ActivityError as error:
                if was_cancelled(error) or not (reason := for_a_person(error, "")):
                    raise
                self._record(done, [_not_pushed(each, reason) for each in wait])
                break
            if pushed.moved:
                wait = self._record(done, await self._upon(wait, pushed.sha))
            else:
                done[one.id] = replace(one, pushed_sha=pushed.sha)
                wait = wait[1:]
            head = pushed.sha
        return PushedPatch(tuple(done.get(one.id, one) for one in outcomes), head)

    def _record(self, done: dict[str, PatchOutcome], outcomes: Sequence[PatchOutcome]) -> list[PatchOutcome]:
        """Those of them that are still to be pushed."""
        done |= {one.id: one for one in outcomes if not one.commit_sha}
        return [one for one in outcomes if one.commit_sha]

    async def _upon(self, wait: Sequence[PatchOutcome], head: str) -> list[PatchOutcome]:
        """The same changes upon the branch's new head, judged again; once."""
        if self._moved or not head:
            return [_not_pushed(one, texts.MOVED_AGAIN) for one in wait]
        self._moved = True
        # The host fetches a workspace's head: the new one.
        workspace = replace(self._bench.workspace, head=replace(self._bench.workspace.head, sha=head))
        tip, joined = head, []
        for one in wait:
            step = StepResult(one.id, "done", one.commit_sha)
            made = await host_calls.join(JoinStepInput(workspace, step, tip))
            if made.status != "done":
                joined.append(_not_pushed(one, texts.MOVED_AND_CHANGED))
                continue
            verdict = await host_calls.validate(
                ValidateStepInput(workspace, MigrationPlan((), self._bench.checks), tip, made.commit_sha)
            )
            if verdict.worse:
                worse = f"{texts.MOVED_AND_WORSE}: {texts.still_fails(tuple(verdict.worse.values()))}"
                joined.append(_not_pushed(one, worse))
                continue
            tip = made.commit_sha
            joined.append(replace(one, commit_sha=tip))
        return joined


def _not_pushed(outcome: PatchOutcome, reason: str) -> PatchOutcome:
    return replace(outcome, state="failed", commit_sha="", reason=reason)
