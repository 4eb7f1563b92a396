"""`autobuild doctor`: one screen that says what is right, what is not, and how that is mended.

Every check has its own time and stands for itself: what breaks in one is a line, and the others go on. What only
follows from something that is already wrong is left out and says so. Nothing is changed, and no secret is shown.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence

import aiohttp

from activities.errors import UserError
from bot.doctor import app, github, installations, machine, settings, temporal, webhook_config, webhook_endpoint
from bot.doctor.context import DoctorContext
from bot.doctor.output import show
from bot.doctor.results import DoctorError, DoctorResult, DoctorSkipped, left_out, wrong

Check = Callable[[DoctorContext], Awaitable[Sequence[DoctorResult]]]

_WITHIN_S = 20.0

CHECKS: tuple[tuple[str, Check], ...] = (
    ("settings", settings.mistakes),
    ("App", settings.credentials_of),
    ("GitHub", github.reachable),
    ("clock", github.clock),
    ("key", app.accepted),
    ("permissions", app.permissions),
    ("events", app.events),
    ("installations", installations.all_of_them),
    ("rate limit", installations.rate_limit),
    ("hook", webhook_config.configured),
    ("deliveries", webhook_config.deliveries),
    ("door", webhook_endpoint.opens),
    ("Temporal", temporal.answers),
    ("workers", temporal.workers),
    ("schedules", temporal.schedules),
    ("sandbox", machine.sandbox),
    ("programs", machine.programs),
    ("data folder", machine.data_folder),
)
"""In the order of the screen: what the rest depends on comes first."""


async def run(environ: Mapping[str, str], as_json: bool = False) -> int:
    """Prints the screen. 0: all is right. 1: something is wrong."""
    lines = await examine(environ)
    show(lines, as_json)
    return 1 if any(line.mark == "wrong" for line in lines) else 0


async def examine(
    environ: Mapping[str, str], only: Collection[str] = (), within_s: float = _WITHIN_S
) -> list[DoctorResult]:
    """All lines, or those of some subjects. `within_s` is what a single check may take; they all run at once."""
    checks = [(subject, check) for subject, check in CHECKS if not only or subject in only]
    async with aiohttp.ClientSession() as session:
        case = DoctorContext(environ, settings.settings_of(environ), session)
        found = await asyncio.gather(*(_looked(subject, check, case, within_s) for subject, check in checks))
        await case.end()
    return [line for lines in found for line in lines]


async def _looked(subject: str, check: Check, case: DoctorContext, within_s: float) -> Sequence[DoctorResult]:
    try:
        async with asyncio.timeout(within_s):
            return await check(case)
    except DoctorSkipped as skipped:
        return [left_out(subject, str(skipped))]
    except DoctorError as trouble:
        return [wrong(subject, trouble.what, trouble.mend)]
    except UserError as error:
        return [wrong(subject, str(error))]
    except TimeoutError:
        return [wrong(subject, f"No answer within {within_s:g} s.")]
    except Exception as error:
        return [wrong(subject, f"It could not be looked at: {type(error).__name__}: {error}")]
