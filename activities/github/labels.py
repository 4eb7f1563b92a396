"""Labels put on an issue or pull, beside those that it has."""

from activities.github.client import GitHub
from activities.github.client.errors import Validation
from activities.github.comments import comments_api
from activities.github.types.pulls import AddLabelsInput, AddLabelsResult

# GitHub's: characters of a label's name, and labels of one issue or pull.
_LONGEST, _MOST = 50, 100


async def add(github: GitHub, wanted: AddLabelsInput) -> AddLabelsResult:
    """Adds those that are missing; GitHub makes a label that the repository does not have. Capitals make no other
    label. Raises `Validation` for what GitHub would not take, before anything is added."""
    _check(wanted.labels)
    api = await comments_api(github, wanted.repo)
    url = "/repos/{owner}/{repo}/issues/{number}/labels"
    names = {"owner": wanted.repo.owner, "repo": wanted.repo.name, "number": str(wanted.number)}
    there = [str(label["name"]) async for label in api.getiter(f"{url}?per_page=100", names)]
    missing = _missing(wanted.labels, there)
    if not missing:
        return AddLabelsResult(tuple(there), changed=False)
    if len(there) + len(missing) > _MOST:
        raise Validation(f"#{wanted.number} would have {len(there) + len(missing)} labels, and GitHub takes {_MOST}.")
    now = await api.post(url, names, data={"labels": missing})
    return AddLabelsResult(tuple(str(label["name"]) for label in now), changed=True)


def _check(labels: tuple[str, ...]) -> None:
    for label in labels:
        if not label.strip() or len(label) > _LONGEST:
            raise Validation(f"{label[:80]!r} cannot be a label: it must have 1 to {_LONGEST} characters.")


def _missing(wanted: tuple[str, ...], there: list[str]) -> list[str]:
    has = {label.lower() for label in there}
    named = {label.strip().lower(): label.strip() for label in reversed(wanted)}
    return [label for key, label in reversed(named.items()) if key not in has]
