"""`python -m simulator.github`: the simulated GitHub as a process of its own.

Prints one line of JSON once it listens: `url`, `api_url`, and, if there is an app, its `app_id`, `key_file` and
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
    """Reads the options and serves until a signal."""
    parser = argparse.ArgumentParser(prog="python -m simulator.github", description="A simulated GitHub.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--state", type=Path, required=True, help="folder for repositories, key and secret")
    parser.add_argument("--hook", default="", help="URL to which webhooks are sent")
    parser.add_argument("--without-app", action="store_true", help="start without an App, to register one")
    options = parser.parse_args()
    asyncio.run(_serve(options.host, options.port, options.state.absolute(), options.hook, options.without_app))


async def _serve(host: str, port: int, state: Path, hook: str, without_app: bool) -> None:
    shutil.rmtree(state / "repositories", ignore_errors=True)
    secret = state / "webhook-secret"
    if not secret.exists():
        state.mkdir(parents=True, exist_ok=True)
        secret.touch(mode=0o600)
        secret.write_text(secrets.token_hex(20))
    github = SimulatedGitHub(state, hook_url=hook, webhook_secret=secret.read_text(), without_app=without_app)
    await github.start(host, port)
    app = {"app_id": github.app_id, "key_file": str(state / "app.pem"), "secret_file": str(secret)}
    print(json.dumps({"url": github.url, "api_url": github.api_url, **({} if without_app else app)}), flush=True)
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    with contextlib.suppress(asyncio.CancelledError):
        await stopped.wait()
    await github.stop()


if __name__ == "__main__":
    main()
