"""The activities of what `/patch` is asked for. They run on the host that works, whose result store gets the texts."""

from typing import TYPE_CHECKING

from activities.github.activity_errors import github_activity
from activities.github.patch_requests.types import (
    PatchRequests,
    ReadPatchRequestsInput,
    ReplyToThreadInput,
    ReplyToThreadResult,
)

if TYPE_CHECKING:
    from activities.github.client import GitHub
    from activities.result_store import ResultStore


class PatchRequestActivities:
    """Each may run again."""

    def __init__(self, github: "GitHub", results: "ResultStore") -> None:
        self._github = github
        self._results = results

    @github_activity
    async def read_patch_requests(self, input: ReadPatchRequestsInput) -> PatchRequests:
        """Reads the instruction, the unresolved review threads and the failing checks of a pull request.

        Only what people with write access wrote counts, as it was when they asked.
        """
        return PatchRequests()

    @github_activity
    async def reply_to_thread(self, input: ReplyToThreadInput) -> ReplyToThreadResult:
        """Replies in a review's thread, once for each key."""
        return ReplyToThreadResult()
