"""`python -m benchmarks.support.bare_receiver SECRET`: the least that a webhook receiver can do, as a baseline.

It reads the body, verifies the signature and answers 204. Its port is the first line that it prints.
"""

import asyncio
import hashlib
import hmac
import sys

from aiohttp import web


def make_app(secret: str) -> web.Application:
    """The whole of it."""
    key = secret.encode()

    async def receive(request: web.Request) -> web.Response:
        body = await request.read()
        signature = "sha256=" + hmac.new(key, body, hashlib.sha256).hexdigest()
        right = hmac.compare_digest(signature, request.headers.get("X-Hub-Signature-256", ""))
        return web.Response(status=204 if right else 401)

    app = web.Application(client_max_size=25 * 2**20)
    app.router.add_post("/webhook", receive)
    return app


async def _serve(secret: str) -> None:
    runner = web.AppRunner(make_app(secret), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1]))
