"""What the bot reads of a repository's own settings, as the worker registers it."""

from temporalio import activity

from activities.github import repo_settings
from activities.github.client import GitHub
from activities.github.failures import told
from activities.github.settings_nouns import RepoSettings, SettingsWanted


class SettingsActivities:
    """Part of `GitHubActivities`."""

    def __init__(self, github: GitHub) -> None:
        self._github = github

    @activity.defn
    @told
    async def get_repo_settings(self, wanted: SettingsWanted) -> RepoSettings:
        """`.github/autobuild.yml` of a branch, in small."""
        return await repo_settings.read(self._github, wanted)
