"""Messages to the channels of a deployment: each once, and one that fails does not keep the others from being sent."""

import asyncio
import logging

from activities.incidents.deployment import ChannelSettings, IncidentDeployment
from activities.incidents.store import IncidentStore
from activities.incidents.types import ALERT_SEVERITIES, NotifyInput, NotifyResult
from activities.notifiers import notifier_of

NOT_SET = "The variable with its address is not set."
UNKNOWN = "Nobody knows how to send to an address of this form."
BROKE_OFF = "Sending failed. Whoever runs this deployment finds why in the worker's log."

_log = logging.getLogger("autobuild.incidents")


class TeamNotifier:
    """`store` remembers what was sent, so that a message that is sent again is not."""

    def __init__(self, deployment: IncidentDeployment, store: IncidentStore) -> None:
        self._deployment = deployment
        self._store = store

    async def notify(self, message: NotifyInput) -> NotifyResult:
        """To every channel that wants it, or to the one that is named. The reasons never show an address."""
        channels = {
            name: channel for name, channel in self._deployment.file.channels.items() if _wants(name, channel, message)
        }
        said = await asyncio.gather(*(self._to(name, channel, message) for name, channel in channels.items()))
        outcomes = dict(zip(channels, said, strict=True))
        failed = tuple(f"{name}: {why}" for name, why in outcomes.items() if why)
        return NotifyResult(tuple(name for name, why in outcomes.items() if not why), failed)

    async def _to(self, name: str, channel: ChannelSettings, message: NotifyInput) -> str:
        """The sentence why it was not sent, "" where it was, now or before."""
        mark = f"sent-{name}"
        if message.key and await asyncio.to_thread(self._store.get, message.key, mark, bool):
            return ""
        address = self._deployment.secret(channel.url)
        if not address:
            return NOT_SET
        why = await self._sent(name, address, message)
        if why:
            _log.warning("channel=%s notified=no why=%r", name, why)
        elif message.key:
            await asyncio.to_thread(self._store.put, message.key, mark, True)
        return why

    async def _sent(self, name: str, address: str, message: NotifyInput) -> str:
        """Adds it to what the channel has of the incident already. Whatever a notifier raises may show the address, so
        only its kind is logged."""
        mark = f"thread-{name}"
        try:
            notifier = await asyncio.to_thread(notifier_of, address)
            if not notifier:
                return UNKNOWN
            earlier = await asyncio.to_thread(self._store.get, message.thread, mark, str) if message.thread else None
            delivery = await notifier.send(address, message, earlier or "")
        except Exception as error:
            _log.warning("channel=%s error=%s", name, type(error).__name__)
            return BROKE_OFF
        if message.thread and delivery.thread and delivery.thread != earlier:
            await asyncio.to_thread(self._store.put, message.thread, mark, delivery.thread)
        return delivery.problem


def _wants(name: str, channel: ChannelSettings, message: NotifyInput) -> bool:
    if message.channel and message.channel != name:
        return False
    enough = ALERT_SEVERITIES.index(message.severity) >= ALERT_SEVERITIES.index(channel.at_least)
    return enough and (not channel.services or message.service in channel.services)
