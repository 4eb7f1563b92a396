"""`python -m simulator.github`: the pretend GitHub as a process of its own.

Prints one line of JSON once it listens: `url`, `api_url`, and where there is an app its `app_id`, `key_file` and
`secret_file`. Ends on SIGINT or SIGTERM. The git repositories of an earlier run in the same folder are removed; the
app's key and secret stay.
"""

import argparse
import asyncio
import contextlib
import json
import secrets
import shutil
import signal
from pathlib import Path

from simulator.github.server import SimulatedGitHub


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m simulator.github", description="A pretend GitHub.")
    parser.add_argument("--host", default="127.0.0.1", help="where to listen")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--state", type=Path, required=True, help="a folder for repositories, key and secret")
    parser.add_argument("--hook", default="", help="where webhooks are sent")
    parser.add_argument("--without-app", action="store_true", help="an App must be registered from a manifest first")
    options = parser.parse_args()
    asyncio.run(_serve(options.host, options.port, options.state.absolute(), options.hook, options.without_app))


async def _serve(host: str, port: int, state: Path, hook: str, without_app: bool) -> None:
    shutil.rmtree(state / "repositories", ignore_errors=True)
    secret = _secret(state)
    github = SimulatedGitHub(state, hook_url=hook, webhook_secret=secret.read_text(), without_app=without_app)
    await github.start(host, port)
    app = {"app_id": github.app_id, "key_file": str(state / "app.pem"), "secret_file": str(secret)}
    print(json.dumps({"url": github.url, "api_url": github.api_url, **({} if without_app else app)}), flush=True)
    await _told_to_end()
    await github.stop()


def _secret(state: Path) -> Path:
    path = state / "webhook-secret"
    if not path.exists():
        state.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(20))
    return path


async def _told_to_end() -> None:
    end = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, end.set)
    with contextlib.suppress(asyncio.CancelledError):
        await end.wait()


if __name__ == "__main__":
    main()
