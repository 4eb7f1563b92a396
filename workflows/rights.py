"""What a person may do in a repository, asked at GitHub at that moment."""

from dataclasses import dataclass

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.github.permissions import LEVELS, PermissionInput, PermissionResult
    from activities.github.repo_config import RepoSettings, RepoSettingsInput
    from activities.github_activities import PermissionActivities, RepoConfigActivities
    from activities.model import RepoRef
    from activities.reporting import command_replies
    from workflows.activity_calls import ask_for_person
    from workflows.failures import trace_of, was_cancelled
    from workflows.messages import CommandAction, HelpLine


@dataclass(frozen=True)
class PersonRights:
    """A person's permission, and what the repository's configuration says of commands."""

    permission: PermissionResult
    settings: RepoSettings

    def needed(self, action: CommandAction | HelpLine) -> str:
        """What the action needs; one that needs the permission of another command too needs the higher of both."""
        configured = self.settings.commands
        if isinstance(action, HelpLine):
            return configured.get(action.command, action.permission)
        if not action.needs:
            own = configured.get(action.command, action.permission)
            return max(own, action.at_least, key=LEVELS.index) if action.at_least else own
        both = configured.get(action.needs, action.permission), configured.get(action.command, "read")
        return max(both, key=LEVELS.index)

    def allow(self, action: CommandAction | HelpLine) -> bool:
        return self.permission.at_least(self.needed(action))

    def refusal(self, action: CommandAction, what: str = "") -> str:
        """Why not, in Markdown. `what` is what was asked for, unless it is the command."""
        return command_replies.needs_permission(
            what or f"`/{action.command}`", self.needed(action), self.permission.level
        )


async def permission_of(repo: RepoRef, actor: str) -> PermissionResult:
    """A person's permission now; where GitHub does not say, `unknown`, which allows nothing."""
    try:
        return await ask_for_person(PermissionActivities.get_permission, PermissionInput(repo, actor))
    except ActivityError as error:  # fails closed
        if was_cancelled(error):
            raise
        workflow.logger.error(f"permission=unknown actor={actor}", exc_info=trace_of(error))
        return PermissionResult("unknown")


async def rights_of(repo: RepoRef, actor: str) -> PersonRights:
    """The permission, and what the configuration says of commands, as they are now."""
    permission = await permission_of(repo, actor)
    if not permission.at_least("read"):
        return PersonRights(permission, RepoSettings())
    settings = await ask_for_person(RepoConfigActivities.get_repo_settings, RepoSettingsInput(repo))
    return PersonRights(permission, settings)
