"""Processes that crash while they hold secrets: `python -m tests.bot.telemetry.crashing web|worker ADDRESS`.

What is secret comes from the environment, so that no source line holds it.
"""

import asyncio
import logging
import os
import sys
from dataclasses import dataclass
from datetime import timedelta

import aiohttp
from aiohttp import web
from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.common import RetryPolicy
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from activities.errors import ConfigError
    from activities.github.activity_errors import as_application_error
    from activities.github.errors import Unavailable
    from activities.model import RepoRef
    from bot.settings import Settings
    from bot.telemetry import flush, prepare
    from bot.worker import make_worker

QUEUE = "crashing"
SECRETS = [value for name, value in sorted(os.environ.items()) if name.startswith("SECRET_")]


@dataclass(frozen=True)
class CrashInput:
    """`how` names what goes wrong."""

    repo: RepoRef
    how: str


class Crash(Exception):
    """Says everything it should not."""

    def __init__(self) -> None:
        super().__init__("it broke: " + " and ".join(SECRETS))


async def handler(request: web.Request) -> web.Response:
    body = await request.text()
    headers = dict(request.headers)
    async with aiohttp.ClientSession() as client, client.get(os.environ["ELSEWHERE"]):
        pass
    logging.getLogger("autobuild").info("read %s with %s", body, headers)
    logging.getLogger("autobuild").error("cannot read %s", body, extra={"headers": headers})
    try:
        raise LookupError(body)
    except LookupError as error:
        raise Crash from error


@activity.defn
@as_application_error
async def crash(input: CrashInput) -> None:
    local = SECRETS
    if input.how == "user":
        raise ConfigError(f"Fix this: {local}")
    if input.how == "github":
        raise Unavailable("GitHub is unavailable")
    if input.how == "wait":
        await asyncio.Event().wait()
    raise Crash


@workflow.defn
class Crashing:
    """Crashes itself, or in its activity."""

    @workflow.run
    async def run(self, input: CrashInput) -> None:
        if input.how == "task":
            raise LookupError("in the workflow")
        if input.how == "fail":
            await workflow.sleep(timedelta(milliseconds=1))
            raise ApplicationError("the workflow fails", non_retryable=True)
        twice = RetryPolicy(maximum_attempts=2, initial_interval=timedelta(milliseconds=1))
        await workflow.execute_activity(crash, input, start_to_close_timeout=timedelta(seconds=20), retry_policy=twice)


async def serve() -> None:
    app = web.Application()
    app.router.add_post("/webhook", handler)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(f"http://127.0.0.1:{runner.addresses[0][1]}/webhook", flush=True)
    await asyncio.Event().wait()


async def work(address: str, settings: Settings) -> None:
    client = await Client.connect(address)
    async with make_worker(client, QUEUE, (crash,), settings, (Crashing,)):
        print("working", flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


def main() -> None:
    settings = Settings.load(os.environ, needs=())
    prepare(settings)
    if sys.argv[1] == "plain":
        raise Crash
    asyncio.run(serve() if sys.argv[1] == "web" else work(sys.argv[2], settings))
    flush()


if __name__ == "__main__":
    main()
