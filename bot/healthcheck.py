"""`python -m bot.healthcheck`, the image's health check: 0 if what runs in the container is alive, else 1.

Which processes run is seen by who listens: the webhook server, a worker, or both below `autobuild up`, whose webhook
server also answers for the Temporal server and the worker. It imports nothing of the product, since it runs twice a
minute.
"""

import fcntl
import os
import sys
import urllib.error
import urllib.request
from pathlib import Path

_WEB, _WORKER = ("AUTOBUILD_PORT", "8080"), ("AUTOBUILD_HEALTH_PORT", "")
_TIMEOUT_S = 4.0
# The container's proxy is for others.
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def main() -> int:
    """The exit code."""
    answers = {setting: answer for setting in (_WEB, _WORKER) if (answer := _alive(*setting)) is not None}
    if _is_up_running() and _WEB not in answers:
        return 1
    return 0 if answers and all(answers.values()) else 1


def _alive(variable: str, default: str) -> bool | None:
    """Whether it says that it is alive; None where nobody listens."""
    port = os.environ.get(variable) or default
    if not port:
        return None
    try:
        with _DIRECT.open(f"http://127.0.0.1:{int(port)}/healthz", timeout=_TIMEOUT_S) as answer:
            return bool(answer.status == 200)
    except urllib.error.URLError as error:
        return None if isinstance(error.reason, ConnectionRefusedError) else False
    except (OSError, ValueError):
        return False


def _is_up_running() -> bool:
    """Its process holds the lock, and the kernel releases it when that ends."""
    try:
        with (Path(os.environ.get("AUTOBUILD_DATA") or "/nonexistent") / "up.lock").open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


if __name__ == "__main__":
    sys.exit(main())
