"""A commit status on a pull's head, posted only when it says something new."""

from activities.github import queries
from activities.github.client import GitHub
from activities.github.client.api import API
from activities.github.types.pulls import PullStatusInput, PullStatusResult

# GitHub's, in characters.
_DESCRIPTION = 140


async def post(github: GitHub, wanted: PullStatusInput) -> PullStatusResult:
    """The newest status of this context says just that afterwards."""
    sha = wanted.head_sha or (await queries.pull_request(github, wanted.repo, wanted.number)).head_sha
    api = await github.installation(wanted.repo, {"statuses": "write"})
    names = {"owner": wanted.repo.owner, "repo": wanted.repo.name, "sha": sha}
    description = _short(wanted.description)
    if await _newest(api, names, wanted.context) == (wanted.state, description, wanted.target_url):
        return PullStatusResult(sha, changed=False)
    body = {"state": wanted.state, "description": description, "context": wanted.context}
    if wanted.target_url:
        body["target_url"] = wanted.target_url
    await api.post("/repos/{owner}/{repo}/statuses/{sha}", names, data=body)
    return PullStatusResult(sha, changed=True)


async def _newest(api: API, names: dict[str, str], context: str) -> tuple[str, str, str] | None:
    """State, description and address; the combined status holds the newest of each context. Capitals make no other
    context."""
    url = "/repos/{owner}/{repo}/commits/{sha}/status?per_page=100"
    async for status in api.getiter(url, names, iterable_key="statuses"):
        if str(status["context"]).lower() == context.lower():
            return str(status["state"]), str(status["description"] or ""), str(status["target_url"] or "")
    return None


def _short(description: str) -> str:
    text = " ".join(description.split())
    return text if len(text) <= _DESCRIPTION else f"{text[: _DESCRIPTION - 1].rstrip()}…"
