"""What GitHub has written down for the hook, and what became of the last deliveries."""

from collections import Counter
from collections.abc import Sequence

import msgspec

from bot.doctor.context import DoctorContext
from bot.doctor.http import HttpAnswer
from bot.doctor.results import DoctorError, DoctorResult, DoctorSkipped, look, right, wrong

_SHOWN = 5
SIGN_WITH_ONE = (
    "Set the App's webhook secret and AUTOBUILD_WEBHOOK_SECRET to the same new value, and restart the web process."
)


class WebhookConfig(msgspec.Struct):
    """GitHub shows a secret as stars, and leaves it out where there is none."""

    url: str = ""
    content_type: str = ""
    insecure_ssl: str | int = "0"
    secret: str = ""


class DeliveryAttempt(msgspec.Struct):
    """One attempt; `status_code` 0 where nobody answered. Attempts of one event share a `guid`."""

    guid: str
    delivered_at: str
    event: str
    status: str
    status_code: int

    @property
    def arrived(self) -> bool:
        return 200 <= self.status_code < 400

    @property
    def shown(self) -> str:
        return f"{self.event} {self.delivered_at} {self.status_code or self.status}"


async def configured(case: DoctorContext) -> Sequence[DoctorResult]:
    """GitHub's side of it against ours."""
    settings = case.settings
    hook = await the_hook(case)
    wanted = settings.smee_url or (f"{settings.base_url}/webhook" if settings.base_url else "")
    lines = []
    if not wanted:
        mend = f"Set AUTOBUILD_BASE_URL={hook.url.removesuffix('/webhook')} if that is this server."
        lines.append(look("hook", f"GitHub sends events to {hook.url}; nobody says whether that is here.", mend))
    elif hook.url.rstrip("/") != wanted.rstrip("/"):
        ours, name = (
            ("the channel", "AUTOBUILD_SMEE_URL") if settings.smee_url else ("this server", "AUTOBUILD_BASE_URL")
        )
        what = f"GitHub sends events to {hook.url or 'nowhere'}, and {ours} is {wanted}."
        lines.append(wrong("hook", what, f"Mend the one that is wrong: the App's webhook URL, or {name}."))
    if hook.content_type != "json":
        lines.append(
            wrong("hook", f"The content type is {hook.content_type}.", "Set it to application/json at the App.")
        )
    if not hook.secret:
        lines.append(wrong("hook", "GitHub signs nothing: the App has no webhook secret.", SIGN_WITH_ONE))
    if str(hook.insecure_ssl) == "1":
        lines.append(look("hook", "GitHub does not look at this server's certificate.", "Turn SSL verification on."))
    return lines or [right("hook", f"GitHub sends signed JSON to {hook.url}.")]


async def the_hook(case: DoctorContext) -> WebhookConfig:
    """As GitHub has it. Raises Trouble where there is none."""
    await case.app()
    answer: HttpAnswer = await case.once("hook", lambda: case.as_app("/app/hook/config"))
    if answer.status == 404:
        raise DoctorError("The App has no webhook.", "Turn it on at the App, with this server's address and /webhook.")
    if answer.status != 200:
        raise DoctorError(f"GitHub answered {answer.status} when asked for the webhook: {answer.said}")
    return answer.read(WebhookConfig)


async def deliveries(case: DoctorContext) -> Sequence[DoctorResult]:
    """The last ones. A 401 of our own door means that GitHub signs with another secret than we know."""
    await case.app()
    answer = await case.as_app("/app/hook/deliveries?per_page=100")
    if answer.status == 404:
        raise DoctorSkipped("The App has no webhook.")
    if answer.status != 200:
        raise DoctorError(f"GitHub answered {answer.status} when asked for the deliveries: {answer.said}")
    return [_judged(answer.read(list[DeliveryAttempt]))]


def _judged(newest_first: Sequence[DeliveryAttempt]) -> DoctorResult:
    if not newest_first:
        return right("deliveries", "There was none yet.")
    newest, arrived = newest_first[0], {one.guid for one in newest_first if one.arrived}
    if newest.status_code == 401:
        return wrong(
            "deliveries", f"The newest was refused: {newest.shown}. GitHub signs with another secret.", SIGN_WITH_ONE
        )
    if not newest.arrived:
        return wrong(
            "deliveries", f"The newest did not arrive: {newest.shown}.", "See the lines on the door and Temporal."
        )
    lost = list({one.guid: one for one in newest_first if one.guid not in arrived}.values())
    if lost:
        some = ", ".join(one.shown for one in lost[:_SHOWN])
        what = f"{len(lost)} of the last {len(newest_first)} did not arrive: {some}."
        codes = Counter(one.status_code for one in lost)
        mend = SIGN_WITH_ONE if codes[401] == len(lost) else "A worker attempts them again every few minutes."
        return look("deliveries", what, mend)
    return right("deliveries", f"The last {len(newest_first)} arrived, the newest at {newest.delivered_at}.")
