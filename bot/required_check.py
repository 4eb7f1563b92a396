"""Making the gate's check run required: a ruleset of the repository, beside whatever protects the branch already.

https://docs.github.com/en/rest/repos/rules. Rulesets add up, so nothing that is there is changed; what is read and
written needs somebody who administers the repository, or an App with that permission, which ours does not ask for.
"""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import aiohttp
import msgspec

from activities.errors import UserError
from activities.github.check_run_requests import PREFIX
from bot.doctor.context import DoctorContext
from bot.doctor.http import HttpAnswer, request
from bot.doctor.results import DoctorError, DoctorSkipped, one_line
from bot.printable import printable
from bot.settings import WORKER_NEEDS, Settings

CHECK = f"{PREFIX}gate"
TOKEN_VARIABLES = ("GITHUB_TOKEN", "GH_TOKEN")
_FULL_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*/(?!\.{1,2}\Z)[A-Za-z0-9._-]+")
_DEFAULT_BRANCH = "~DEFAULT_BRANCH"
_REQUIRES = "required_status_checks"
_NEEDS = (
    "It must be of somebody who administers the repository, and fine-grained with *Administration: read and write* or "
    "classic with the scope `repo`"
)


class RepositoryAnswer(msgspec.Struct):
    """A repository, as far as it is needed here."""

    full_name: str
    default_branch: str


class RepositoryInstallation(msgspec.Struct):
    """The App's on one repository."""

    id: int
    permissions: dict[str, str]
    suspended_at: str | None = None


@dataclass(frozen=True)
class RulesetChange:
    """What is to be sent, and sentences on it. `path` is the former ruleset's, or where a new one is posted."""

    method: str
    path: str
    body: Mapping[str, Any]
    preview: tuple[str, ...]


class RepositoryRules:
    """The rules of one repository, through GitHub's API with one token. Each method may raise UserError."""

    def __init__(self, context: DoctorContext, repository: str, token: str, source: str) -> None:
        self._context, self._repository, self._token, self._source = context, repository, token, source
        self._app = context.settings.app_id

    async def change(self, branch: str) -> RulesetChange | None:
        """What makes the check required on the branch, the default one for ""; None where it is already."""
        found = (await self._ask("GET", "")).read(RepositoryAnswer)
        ref, name = (f"refs/heads/{branch}", branch) if branch else (_DEFAULT_BRANCH, found.default_branch)
        if branch and (await self._ask("GET", f"/branches/{quote(branch)}", allowed=(404,))).status == 404:
            raise UserError(f"{self._repository} has no branch {branch}.")
        if await self.is_required(name):
            return None
        former = await self._own_ruleset()
        body = self._with_check(former, ref)
        begin = f"The ruleset “{CHECK}” of {found.full_name} is {'changed' if former else 'created'}:"
        preview = [
            begin, f"  branch: {name}{'' if branch else ', the default branch'}",
            f"  requires: the check run {CHECK} of the App {self._app}, and of no other",
        ]  # fmt: skip
        if former and former.get("enforcement") != "active":
            preview.append(f"  enforcement: active, was {former.get('enforcement')}")
        bypass = len(former.get("bypass_actors") or ()) if former else 0
        preview.append(f"  may bypass it: {f'the {bypass} named in it' if bypass else 'nobody, also no administrator'}")
        preview.append(
            f"All other rules of {name} stay. From then on only commits that passed {CHECK} get into {name}."
        )
        path = f"/rulesets/{former['id']}" if former else "/rulesets"
        return RulesetChange("PUT" if former else "POST", path, body, tuple(preview))

    async def is_required(self, branch: str) -> bool:
        """By any active ruleset, also the organization's, or by classic protection; of our App, not of anybody."""
        rules = (await self._ask("GET", f"/rules/branches/{quote(branch)}?per_page=100")).read(list[dict[str, Any]])
        required = [rule["parameters"][_REQUIRES] for rule in rules if rule.get("type") == _REQUIRES]
        if any(self._is_ours(each, "integration_id") for checks in required for each in checks):
            return True
        classic = await self._ask("GET", f"/branches/{quote(branch)}/protection", allowed=(404,))
        if classic.status == 404:
            return False
        checks = (classic.read(dict[str, Any]).get(_REQUIRES) or {}).get("checks") or []
        return any(self._is_ours(each, "app_id") for each in checks)

    async def apply(self, change: RulesetChange) -> None:
        """Sends it."""
        await self._ask(change.method, change.path, body=change.body)

    def _is_ours(self, required: Mapping[str, Any], app: str) -> bool:
        return required.get("context") == CHECK and required.get(app) == self._app

    async def _own_ruleset(self) -> dict[str, Any] | None:
        """The one with our name, of an earlier run or for another branch."""
        listed = (await self._ask("GET", "/rulesets?includes_parents=false&per_page=100")).read(list[dict[str, Any]])
        for each in listed:
            if each.get("name") == CHECK and each.get("target") == "branch":
                return (await self._ask("GET", f"/rulesets/{each['id']}")).read(dict[str, Any])
        return None

    def _with_check(self, former: Mapping[str, Any] | None, ref: str) -> dict[str, Any]:
        """A ruleset that requires the check on `ref`, with all that the former one has besides."""
        old = former or {}
        names = (old.get("conditions") or {}).get("ref_name") or {}
        include = list(dict.fromkeys([*names.get("include", []), ref]))
        exclude = [name for name in names.get("exclude", []) if name != ref]
        others = [rule for rule in old.get("rules") or [] if rule.get("type") != _REQUIRES]
        own: Mapping[str, Any] = next(
            (rule["parameters"] for rule in old.get("rules") or [] if rule.get("type") == _REQUIRES), {}
        )
        kept = [each for each in own.get(_REQUIRES, []) if each.get("context") != CHECK]
        required = {
            "strict_required_status_checks_policy": False,
            "do_not_enforce_on_create": True,
            **own,
            _REQUIRES: [*kept, {"context": CHECK, "integration_id": self._app}],
        }
        return {
            "name": CHECK,
            "target": "branch",
            "enforcement": "active",
            "bypass_actors": old.get("bypass_actors") or [],
            "conditions": {"ref_name": {"include": include, "exclude": exclude}},
            "rules": [*others, {"type": _REQUIRES, "parameters": required}],
        }

    async def _ask(
        self, method: str, path: str, *, body: Mapping[str, Any] | None = None, allowed: tuple[int, ...] = ()
    ) -> HttpAnswer:
        """An answer that is 2xx or allowed."""
        url = f"{self._context.settings.github_api_url}/repos/{self._repository}{path}"
        sent = None if body is None else msgspec.json.encode(body)
        answer = await request(self._context.session, url, self._token, method, body=sent)
        if 200 <= answer.status < 300 or answer.status in allowed:
            return answer
        raise UserError(refusal(answer, self._repository, self._source))


async def protect(
    environ: Mapping[str, str], repository: str, branch: str, say: Callable[[str], None], confirmed: Callable[[], bool]
) -> None:
    """Says what would change, and does it if that is confirmed. Does nothing where the check is required already.

    Raises UserError with what to do, also where it is not confirmed.
    """
    if not _FULL_NAME.fullmatch(repository):
        raise UserError(f"{repository} is no repository. Write OWNER/REPO.")
    settings = Settings.load(environ, WORKER_NEEDS)
    async with aiohttp.ClientSession() as session:
        try:
            rules = await _rules_of(DoctorContext(environ, settings, session), repository)
            change = await rules.change(branch)
            if change is None:
                say(f"{CHECK} is required already. Nothing was changed.")
                return
            for line in change.preview:
                say(printable(line))
            if not confirmed():
                raise UserError("Nothing was changed. Add --yes to do it.")
            await rules.apply(change)
            if await rules.change(branch):
                raise UserError(f"GitHub stored the ruleset and does not apply it. Look at the rules of {repository}.")
        except DoctorError as error:
            raise UserError(f"{error.message} {error.fix}".strip()) from None
        except DoctorSkipped:
            raise UserError("GitHub does not accept the App's key. `autobuild doctor` says why.") from None
    say("Done.")


async def _rules_of(context: DoctorContext, repository: str) -> RepositoryRules:
    """With the person's token from the environment, else the App's own where it may. Raises UserError.

    The App must be installed: a check that nobody reports would be awaited for ever.
    """
    answer = await context.as_app(f"/repos/{repository}/installation")
    if answer.status == 404:
        app = (await context.app()).html_url
        raise UserError(f"The App is not installed on {repository}. Install it: {app}/installations/new")
    if answer.status != 200:
        raise UserError(refusal(answer, repository, "the App's key"))
    installation = answer.read(RepositoryInstallation)
    if installation.suspended_at:
        raise UserError(f"The App's installation on {repository} is suspended. Its owner can unsuspend it.")
    for name in TOKEN_VARIABLES:
        if token := context.environ.get(name, "").strip():
            return RepositoryRules(context, repository, token, name)
    if installation.permissions.get("administration") != "write":
        raise UserError(
            f"Set GITHUB_TOKEN to a token for {repository}, which is used once and not stored. {_NEEDS}; "
            "`gh auth token` prints one."
        )
    wanted = {"repositories": [repository.partition("/")[2]], "permissions": {"administration": "write"}}
    issued = await context.as_app(f"/app/installations/{installation.id}/access_tokens", msgspec.json.encode(wanted))
    if issued.status != 201:
        raise UserError(refusal(issued, repository, "the App's key"))
    return RepositoryRules(context, repository, str(issued.read(dict[str, Any])["token"]), "the App's token")


def refusal(answer: HttpAnswer, repository: str, source: str) -> str:
    """What GitHub's answer means and what to do, in a sentence or two; `source` says where the token comes from."""
    reason, status = one_line(answer.reason).rstrip(".") or f"status {answer.status}", answer.status
    sso = one_line(answer.headers.get("X-GitHub-SSO", "").partition("url=")[2])
    cases = (
        (sso, f"The token is not authorized for the organization's single sign-on. Open {sso} and try again."),
        (
            status == 429 or "rate limit" in reason.lower(),
            f"GitHub limits the token's requests: {reason}. Try again in {_minutes(answer)} minutes.",
        ),
        ("Upgrade to" in reason, f"GitHub has no rulesets for {repository}: {reason}."),
        ("archived" in reason, f"{repository} is archived, so its rules cannot be changed. Unarchive it first."),
        (status == 401, f"GitHub does not accept {source}: {reason}. Is it expired or revoked?"),
        (status in (301, 307, 308), f"{repository} was renamed or transferred. Use its new name."),
        (status == 403, f"{source} may not change the rules of {repository}: {reason}. {_NEEDS}."),
        (
            status == 404 and "/rule" in answer.url,
            f"{source} may not change the rules of {repository}, or this Enterprise Server has no rulesets. {_NEEDS}.",
        ),
        (status == 404, f"GitHub has no {repository}, or {source} may not see it. {_NEEDS}."),
        (status >= 500, f"GitHub answered {status}. Try again later."),
    )
    found = next((text for applies, text in cases if applies), "")
    return found or f"GitHub refuses the change: {reason}{_details(answer)}."


def _minutes(answer: HttpAnswer) -> int:
    reset, after = answer.headers.get("X-RateLimit-Reset", ""), answer.headers.get("Retry-After", "")
    seconds = float(after) if after.isdecimal() else float(reset) - time.time() if reset.isdecimal() else 60.0
    return max(1, round(seconds / 60))


def _details(answer: HttpAnswer) -> str:
    """A validation error's own sentences."""
    errors = answer.read(dict[str, Any]).get("errors") or []
    texts = [str(each.get("message") or each.get("code")) if isinstance(each, dict) else str(each) for each in errors]
    return one_line(f" ({'; '.join(texts)})") if texts else ""
