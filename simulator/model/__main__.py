"""`python -m simulator.model`: the scripted model server as a process of its own.

Prints one line of JSON once it listens: `url`. Ends on SIGINT or SIGTERM.
"""

import argparse
import asyncio
import json
import signal
import sys
from pathlib import Path

from simulator.model.script import ModelScript, read_script
from simulator.model.server import ModelServer


def main() -> None:
    """Reads the script and serves until a signal."""
    parser = argparse.ArgumentParser(prog="python -m simulator.model", description="A scripted model server.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--script", type=Path, help="file with the answers; without it, one is put to /_script")
    options = parser.parse_args()
    try:
        script = read_script(options.script) if options.script else ModelScript()
    except (OSError, ValueError) as error:
        sys.exit(f"{options.script}: {error}")
    asyncio.run(_serve(script, options.host, options.port))


async def _serve(script: ModelScript, host: str, port: int) -> None:
    server = ModelServer(script)
    await server.start(host, port)
    print(json.dumps({"url": server.url}), flush=True)
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    await stopped.wait()
    await server.stop()


if __name__ == "__main__":
    main()
