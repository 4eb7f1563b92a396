"""What the bot reads of a repository's own settings, as the worker registers it."""

from temporalio import activity

from activities.github import repo_config
from activities.github.client import GitHub
from activities.github.client.activity_errors import as_application_error
from activities.github.types.repo_config import RepoSettings, RepoSettingsInput


class SettingsActivities:
    """Part of `GitHubActivities`."""

    def __init__(self, github: GitHub) -> None:
        self._github = github

    @activity.defn
    @as_application_error
    async def get_repo_settings(self, wanted: RepoSettingsInput) -> RepoSettings:
        """`.github/autobuild.yml` of a branch, in small."""
        return await repo_config.read(self._github, wanted)
