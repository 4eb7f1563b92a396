"""`python -m bot.healthcheck`: what an image asks itself. 0 if its web process or its worker answers, else 1.

It loads nothing of the product, since it is asked twice a minute.
"""

import os
import sys
import urllib.request

_PORTS = {"AUTOBUILD_PORT": "8080", "AUTOBUILD_HEALTH_PORT": ""}
_PATIENCE_S = 4.0


def main() -> int:
    """The exit code."""
    ports = [os.environ.get(name) or default for name, default in _PORTS.items()]
    return 0 if any(_answers(port) for port in ports if port) else 1


def _answers(port: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{int(port)}/healthz", timeout=_PATIENCE_S) as answer:
            return bool(answer.status == 200)
    except (OSError, ValueError):
        return False


if __name__ == "__main__":
    sys.exit(main())
