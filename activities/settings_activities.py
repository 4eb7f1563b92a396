"""What the bot reads of a repository's own settings, as the worker registers it."""

from temporalio import activity

from activities.github import repo_config
from activities.github.client import GitHub
from activities.github.client.activity_errors import told
from activities.github.types.repo_config import RepoSettings, SettingsWanted


class SettingsActivities:
    """Part of `GitHubActivities`."""

    def __init__(self, github: GitHub) -> None:
        self._github = github

    @activity.defn
    @told
    async def get_repo_settings(self, wanted: SettingsWanted) -> RepoSettings:
        """`.github/autobuild.yml` of a branch, in small."""
        return await repo_config.read(self._github, wanted)
