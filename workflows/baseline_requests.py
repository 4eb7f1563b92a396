"""What people ask of the accepted baseline: the button, and `/baseline` with its words."""

from dataclasses import asdict, replace

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.github.baseline import BaselineInput
    from activities.github.comments import ReplyInput
    from activities.github.pulls import PullRequest, PullsInput
    from activities.github_activities import BaselineActivities, CommentActivities, PullActivities
    from activities.model import Acceptance, RepoRef
    from activities.reporting import baseline as texts
    from activities.workflow_activities import SignalWithStartInput, WorkflowActivities
    from workflows import ids
    from workflows.activity_calls import ask_for_person
    from workflows.baseline import BaselineWorkflowInput
    from workflows.messages import CommandAction, CommandInput, HeadRequest
    from workflows.rights import rights_of


async def by_button(
    input: CommandInput, action: CommandAction, request: HeadRequest, default_branch: str
) -> HeadRequest | None:
    """What pressing *Accept baseline* asks of the branch; None where it was refused. It stands for a command of the one
    open pull request of its commit, or of the branch where there is none."""
    pulls = await _open_pulls(input)
    refusal, what = "", action.request
    assert what
    (check,) = what.checks
    rights = await rights_of(input.repo, input.actor)
    if not rights.allow(action):
        refusal = rights.refusal(action, texts.BUTTON)
    elif len(pulls) > 1:
        refusal = texts.several_pulls(check)
    answer = f"accept-{check}-{input.sha}"
    for pull in pulls if refusal else ():
        await ask_for_person(CommentActivities.reply_comment, ReplyInput(input.repo, pull.number, answer, refusal))
    if refusal:
        return None
    number, base = (pulls[0].number, pulls[0].base_ref) if pulls else (0, default_branch)
    return replace(request, what=what, pull=number, base=base, answer=answer)


async def _open_pulls(input: CommandInput) -> list[PullRequest]:
    found = await ask_for_person(PullActivities.get_commit_pulls, PullsInput(input.repo, input.sha))
    return [pull for pull in found.pulls if pull.state == "open" and pull.head_sha == input.sha]


async def listed(repo: RepoRef) -> list[str]:
    """Everything that is accepted in the repository, for a person to read."""
    return texts.listed(await _acceptances(repo))


async def revoke(repo: RepoRef, target: str, actor: str) -> list[str]:
    """Takes back the acceptance of this id, or all of this check. The heads that they counted on are judged again."""
    gone = [each for each in await _acceptances(repo) if target in (each.id, each.check)]
    if not gone:
        return [texts.nothing_to_revoke(target)]
    signalled = SignalWithStartInput(
        "BaselineWorkflow",
        ids.baseline(repo.full_name),
        "revoke",
        asdict(BaselineWorkflowInput(repo)),
        [each.id for each in gone],
    )
    await ask_for_person(WorkflowActivities.signal_with_start, signalled)
    workflow.logger.info(f"baseline=revoked actor={actor} ids={[each.id for each in gone]}")
    return texts.revoked(gone)


async def _acceptances(repo: RepoRef) -> tuple[Acceptance, ...]:
    return (await ask_for_person(BaselineActivities.read_baseline, BaselineInput(repo))).acceptances
