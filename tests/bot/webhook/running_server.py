"""What GitHub does: signs a payload and sends it."""

import hashlib
import hmac
import io
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import ClientSession, web
from aiohttp.test_utils import TestClient
from temporalio.client import Client

SECRET = "It's a secret to everybody: ключ"


def signature(body: bytes, secret: str = SECRET) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def signed(event: str, body: bytes, delivery: str = "") -> dict[str, str]:
    return {
        "Content-Type": "application/json",
        "X-GitHub-Event": event,
        "X-GitHub-Delivery": delivery or str(uuid.uuid4()),
        "X-Hub-Signature-256": signature(body),
    }


@dataclass(frozen=True)
class RunningServer:
    """The webhook server and its Temporal."""

    client: ClientSession | TestClient[web.Request, web.Application]
    temporal: Client

    async def send(self, event: str, payload: Mapping[str, Any] | bytes, delivery: str = "") -> int:
        """The status that a signed delivery is answered with."""
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        return await self.post(body, signed(event, body, delivery))

    async def post(self, body: bytes, headers: Mapping[str, str]) -> int:
        async with self.client.post("/webhook", data=io.BytesIO(body), headers=headers) as answer:
            await answer.read()
            return answer.status

    async def started(self, workflow_id: str) -> list[str]:
        """The first events of a workflow's history, which nobody works on here; [] where there is none."""
        history = await self.temporal.get_workflow_handle(workflow_id).fetch_history()
        return [str(event.WhichOneof("attributes")).removeprefix("workflow_execution_") for event in history.events]
