"""Whether GitHub can be reached, in which version, and whether our clocks agree."""

import re
from collections.abc import Sequence

import msgspec

from bot.doctor.context import DoctorContext
from bot.doctor.http import request
from bot.doctor.results import DoctorError, DoctorResult, DoctorSkipped, fail, ok

# The oldest whose webhooks were read for this.
OLDEST_SERVER = (3, 14)
# The App's JWT is back-dated by a minute and lasts ten; half a minute means that nothing keeps the clock.
_MOST_AHEAD_S = 30.0
_OUTAGE = "See https://www.githubstatus.com, and try again later."


class GitHubMeta(msgspec.Struct):
    """The part of `/meta` that only an Enterprise Server has."""

    installed_version: str = ""


async def reachable(context: DoctorContext) -> Sequence[DoctorResult]:
    """The API, and the address of git and of links."""
    api_url, web_url = context.settings.github_api_url, context.settings.github_url
    answer = await context.meta()
    if answer.status >= 500:
        results = [fail("GitHub", f"{api_url} answers {answer.status}.", _OUTAGE)]
    else:
        meta = answer.read(GitHubMeta)  # whatever the status, it is JSON
        header = answer.headers.get("X-GitHub-Enterprise-Version", "").partition("@")[2]
        results = [_version(api_url, header or meta.installed_version)]
    if web_url in (api_url, api_url.removesuffix("/api/v3")):
        return results
    try:
        answer = await request(context.session, f"{web_url}/", headers={"Accept": "text/html"})
    except DoctorError as error:
        return [*results, fail("GitHub", error.message, error.fix)]
    if answer.status >= 500:
        return [*results, fail("GitHub", f"{web_url} answers {answer.status}.", _OUTAGE)]
    return [*results, ok("GitHub", f"{web_url} answers.")]


def _version(url: str, version: str) -> DoctorResult:
    if not version:
        return ok("GitHub", f"{url} answers.")
    numbers = tuple(map(int, re.findall(r"\d{1,6}", version)[:2]))
    if numbers < OLDEST_SERVER:
        oldest = ".".join(map(str, OLDEST_SERVER))
        return fail("GitHub", f"{url} is Enterprise Server {version}.", f"Upgrade it to {oldest} or newer.")
    return ok("GitHub", f"{url} answers: Enterprise Server {version}.")


async def clock(context: DoctorContext) -> Sequence[DoctorResult]:
    """GitHub refuses a JWT from the future, and one that has expired."""
    try:
        ahead = (await context.meta()).ahead_s
    except DoctorError:
        raise DoctorSkipped("Needs a response from GitHub.") from None
    if ahead is None:
        raise DoctorSkipped("GitHub's answer has no date.")
    if abs(ahead) > _MOST_AHEAD_S:
        direction = "behind" if ahead > 0 else "ahead of"
        message = f"This machine's clock is {abs(ahead):.0f} s {direction} GitHub's, so GitHub refuses the App's key."
        return [fail("clock", message, "Run `timedatectl set-ntp true`, or chrony; for a container, on its host.")]
    return [ok("clock", "It agrees with GitHub's clock.")]
