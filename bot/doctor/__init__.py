"""`autobuild doctor`: checks a deployment and suggests a fix for each problem.

The checks run at once, each with its own time limit, and a failure of one does not stop the others. A check that
depends on something that is already an error is skipped. Nothing is changed, and no secret is shown.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence

import aiohttp

from activities.errors import UserError
from bot.doctor import app, github, incidents, machine, registries, settings, temporal, webhook
from bot.doctor.context import DoctorContext
from bot.doctor.results import DoctorError, DoctorResult, DoctorSkipped, fail, show, skip
from bot.settings import running_up

DoctorCheck = Callable[[DoctorContext], Awaitable[Sequence[DoctorResult]]]

_WITHIN_S = 20.0

CHECKS: tuple[tuple[str, DoctorCheck], ...] = (
    ("settings", settings.values),
    ("App", settings.app),
    ("GitHub", github.reachable),
    ("clock", github.clock),
    ("key", app.key),
    ("permissions", app.permissions),
    ("events", app.events),
    ("installations", app.installations),
    ("rate limit", app.rate_limit),
    ("webhook", webhook.configuration),
    ("deliveries", webhook.deliveries),
    ("endpoint", webhook.endpoint),
    ("Temporal", temporal.reachable),
    ("Temporal access", temporal.access),
    ("workers", temporal.workers),
    ("schedules", temporal.schedules),
    ("sandbox", machine.sandbox),
    ("registries", registries.registries),
    ("programs", machine.programs),
    ("data folder", machine.data_folder),
    ("incidents", incidents.file),
    ("metrics and logs", incidents.servers),
)
"""In the order of the output: what others depend on comes first."""


async def run(environ: Mapping[str, str], as_json: bool = False) -> int:
    """Prints the results. The exit code: 0 without errors, else 1."""
    results = await examine(environ)
    show(results, as_json)
    return 1 if any(result.status == "error" for result in results) else 0


async def examine(
    environ: Mapping[str, str], only: Collection[str] = (), within_s: float = _WITHIN_S
) -> list[DoctorResult]:
    """The results of all checks, or of some subjects. `within_s` is the time limit of one check."""
    checks = [(subject, check) for subject, check in CHECKS if not only or subject in only]
    async with aiohttp.ClientSession() as session:
        command = ""
        with contextlib.suppress(UserError):  # an invalid data folder is a result of its own
            if running := running_up.find(environ):
                command, environ = running.command, running_up.with_running_up(environ)
        context = DoctorContext(environ, settings.readable(environ), session, command)
        found = await asyncio.gather(*(_run_check(subject, check, context, within_s) for subject, check in checks))
        await context.close()
    return [result for results in found for result in results]


async def _run_check(
    subject: str, check: DoctorCheck, context: DoctorContext, within_s: float
) -> Sequence[DoctorResult]:
    """Whatever goes wrong in a check is a result of it."""
    try:
        async with asyncio.timeout(within_s):
            return await check(context)
    except DoctorSkipped as skipped:
        return [skip(subject, str(skipped))]
    except DoctorError as error:
        return [fail(subject, error.message, error.fix)]
    except UserError as error:
        return [fail(subject, str(error))]
    except TimeoutError:
        return [fail(subject, f"No answer within {within_s:g} s.")]
    except Exception as error:
        return [fail(subject, f"The check failed: {type(error).__name__}: {error}")]
