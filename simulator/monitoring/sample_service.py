"""A service that runs the code of a folder: it answers made-up orders, counts them for Prometheus, and logs its errors.

`python -m simulator.monitoring.sample_service --code FOLDER --log FILE` prints its address as JSON. `POST /deploy` with
`{"code": FOLDER}` puts other code in its place, as a deployment does. `POST /fail` makes the service that it asks for
money unreachable, with `{"fails": false}` reachable again: then orders fail though nothing was changed.
"""

import argparse
import asyncio
import importlib
import json
import random
import sys
import time
import traceback
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiohttp import web

_PACKAGE = "shop"
_ORDERS_PER_S = 40
_CODES = ("", "", "", "spring", "member")


class SimulatedShop:
    """`code` is the folder whose `shop/checkout.py` answers; `log` is where errors are written, one JSON a line."""

    def __init__(self, code: Path, log: Path) -> None:
        self._log = log
        self._random = random.Random(7)  # noqa: S311
        self._requests: Counter[str] = Counter()
        self._seconds = 0.0
        self._handle: Any = None
        self.payments_fail = False
        self.deploy(code)

    def deploy(self, code: Path) -> None:
        """Other code from now on."""
        for name in [name for name in sys.modules if name.partition(".")[0] == _PACKAGE]:
            del sys.modules[name]
        sys.path[:] = [str(code), *(path for path in sys.path if not (Path(path) / _PACKAGE).is_dir())]
        importlib.invalidate_caches()
        self._handle = importlib.import_module(f"{_PACKAGE}.checkout").handle
        self._write("info", f"deployed {code.name}")

    def answer(self) -> None:
        """One order."""
        quantity, code = self._random.randint(1, 4), self._random.choice(_CODES)
        order = {"items": [{"price": self._random.randint(100, 9000), "quantity": quantity}], "code": code}
        started = time.perf_counter()
        try:
            receipt = self._handle(order)
            if self.payments_fail and receipt["total"]:
                raise ConnectionRefusedError(111, "Connection refused: http://payments:8080/charge")
        except Exception:
            self._requests["500"] += 1
            self._write("error", f"order failed\n{traceback.format_exc()}")
        else:
            self._requests["200"] += 1
            self._write("info", f"order of {quantity} paid")
        self._seconds += time.perf_counter() - started

    def metrics(self) -> str:
        """In Prometheus' text format."""
        count = self._requests.total()
        lines = [
            "# HELP http_requests_total Answered requests.",
            "# TYPE http_requests_total counter",
            *(f'http_requests_total{{status="{status}"}} {self._requests[status]}' for status in ("200", "500")),
            "# HELP http_request_duration_seconds How long a request takes.",
            "# TYPE http_request_duration_seconds summary",
            f"http_request_duration_seconds_sum {self._seconds:.6f}",
            f"http_request_duration_seconds_count {count}",
            "# HELP process_cpu_seconds_total Processor time.",
            "# TYPE process_cpu_seconds_total counter",
            f"process_cpu_seconds_total {time.process_time():.3f}",
        ]
        return "\n".join(lines) + "\n"

    def _write(self, level: str, message: str) -> None:
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        with self._log.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"time": at, "level": level, "service": _PACKAGE, "message": message}) + "\n")


def _app(service: SimulatedShop) -> web.Application:
    async def metrics(_request: web.Request) -> web.Response:
        return web.Response(text=service.metrics(), content_type="text/plain")

    async def deploy(request: web.Request) -> web.Response:
        service.deploy(Path((await request.json())["code"]))
        return web.json_response({})

    async def fail(request: web.Request) -> web.Response:
        service.payments_fail = bool((await request.json()).get("fails", True))
        return web.json_response({})

    async def orders(_app: web.Application) -> Any:
        async def answer_for_ever() -> None:
            while True:
                service.answer()
                await asyncio.sleep(1 / _ORDERS_PER_S)

        task = asyncio.create_task(answer_for_ever())
        yield
        task.cancel()

    app = web.Application()
    app.router.add_get("/metrics", metrics)
    app.router.add_post("/deploy", deploy)
    app.router.add_post("/fail", fail)
    app.cleanup_ctx.append(orders)
    return app


async def _run(service: SimulatedShop, port: int) -> None:
    runner = web.AppRunner(_app(service), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    print(json.dumps({"url": f"http://127.0.0.1:{runner.addresses[0][1]}"}), flush=True)
    await asyncio.Event().wait()


def main() -> None:
    """Runs until it is stopped."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--code", type=Path, required=True)
    options.add_argument("--log", type=Path, required=True)
    options.add_argument("--port", type=int, default=0)
    chosen = options.parse_args()
    sys.dont_write_bytecode = True  # in the folder of the code
    asyncio.run(_run(SimulatedShop(chosen.code, chosen.log), chosen.port))


if __name__ == "__main__":
    main()
