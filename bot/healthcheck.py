"""`python -m bot.healthcheck`, the image's health check: 0 if the webhook server or the worker answers, else 1.

It imports nothing of the product, since it runs twice a minute.
"""

import contextlib
import os
import sys
import urllib.request

_PORTS = {"AUTOBUILD_PORT": "8080", "AUTOBUILD_HEALTH_PORT": ""}
_TIMEOUT_S = 4.0


def main() -> int:
    """The exit code."""
    for name, default in _PORTS.items():
        if port := os.environ.get(name) or default:
            with contextlib.suppress(OSError, ValueError):
                url = f"http://127.0.0.1:{int(port)}/healthz"
                with urllib.request.urlopen(url, timeout=_TIMEOUT_S) as answer:
                    if answer.status == 200:
                        return 0
    return 1


if __name__ == "__main__":
    sys.exit(main())
