"""Whether GitHub can be reached, which version of it, and whether its clock and ours agree."""

import re
from collections.abc import Sequence

import msgspec

from bot.doctor.context import DoctorContext
from bot.doctor.http import HttpAnswer, ask
from bot.doctor.results import DoctorError, DoctorResult, DoctorSkipped, right, wrong

# The oldest whose description of the webhooks was read for this.
OLDEST_SERVER = (3, 14)
# The App's JWT is back-dated by a minute and lasts ten; half a minute is a clock that nobody keeps.
_MOST_S = 30.0


class GitHubMeta(msgspec.Struct):
    installed_version: str = ""


async def reachable(case: DoctorContext) -> Sequence[DoctorResult]:
    """The API, and the pages that git and links use."""
    settings = case.settings
    lines = [_api(await case.api(), settings.github_api_url)]
    if settings.github_url not in (settings.github_api_url, settings.github_api_url.removesuffix("/api/v3")):
        lines.append(await _pages(case))
    return lines


def _api(answer: HttpAnswer, url: str) -> DoctorResult:
    if answer.status >= 500:
        return wrong(
            "GitHub", f"{url} answers {answer.status}.", "GitHub has a bad day: see https://www.githubstatus.com."
        )
    meta = answer.read(GitHubMeta)  # whatever the status, it is JSON
    version = answer.headers.get("X-GitHub-Enterprise-Version", "").partition("@")[2] or meta.installed_version
    if not version:
        return right("GitHub", f"{url} answers.")
    numbers = tuple(map(int, re.findall(r"\d{1,6}", version)[:2]))
    if numbers < OLDEST_SERVER:
        oldest = ".".join(map(str, OLDEST_SERVER))
        return wrong("GitHub", f"{url} is Enterprise Server {version}.", f"Upgrade it to {oldest} or newer.")
    return right("GitHub", f"{url} answers: Enterprise Server {version}.")


async def _pages(case: DoctorContext) -> DoctorResult:
    url = case.settings.github_url
    try:
        answer = await ask(case.session, f"{url}/", headers={"Accept": "text/html"})
    except DoctorError as trouble:
        return wrong("GitHub", trouble.what, trouble.mend)
    if answer.status >= 500:
        return wrong(
            "GitHub", f"{url} answers {answer.status}.", "GitHub has a bad day: see https://www.githubstatus.com."
        )
    return right("GitHub", f"{url} answers.")


async def clock(case: DoctorContext) -> Sequence[DoctorResult]:
    """GitHub refuses a JWT that was signed in the future or has ended."""
    try:
        ahead = (await case.api()).ahead_s
    except DoctorError:
        raise DoctorSkipped("It needs an answer of GitHub.") from None
    if ahead is None:
        raise DoctorSkipped("GitHub's answer told no time.")
    if abs(ahead) > _MOST_S:
        way = "behind" if ahead > 0 else "ahead of"
        return [
            wrong(
                "clock",
                f"This machine's clock is {abs(ahead):.0f} s {way} GitHub's, which then refuses the App's key.",
                "Let a time service set it: `timedatectl set-ntp true`, or chrony; in a container, on its host.",
            )
        ]
    return [right("clock", "It agrees with GitHub's.")]
