"""`python -m simulator.monitoring`: Prometheus, Loki and Alertmanager in one process.

Prints one line of JSON once it listens: `url`. Ends on SIGINT or SIGTERM.
"""

import argparse
import asyncio
import json
import signal

from simulator.monitoring.server import MonitoringServer


def main() -> None:
    """Serves until a signal."""
    parser = argparse.ArgumentParser(
        prog="python -m simulator.monitoring", description="The HTTP APIs of Prometheus, Loki and Alertmanager."
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--interval", type=float, default=1.0, help="seconds between two scrapes")
    options = parser.parse_args()
    asyncio.run(_serve(options.host, options.port, options.interval))


async def _serve(host: str, port: int, interval: float) -> None:
    server = MonitoringServer(interval)
    await server.start(host, port)
    print(json.dumps({"url": server.url}), flush=True)
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    await stopped.wait()
    await server.stop()


if __name__ == "__main__":
    main()
