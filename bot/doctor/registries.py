"""Which hosts install steps may reach, and whether this host's proxy would let them."""

import asyncio
from collections.abc import Sequence

from activities.egress.allow_list import AllowedEntry, EgressTarget
from activities.egress.proxy import EgressProxy
from bot.doctor.context import DoctorContext
from bot.doctor.results import DoctorResult, ok, skip, warn
from bot.settings.registries import egress_proxy

_WITHIN_S = 5.0


async def registries(context: DoctorContext) -> Sequence[DoctorResult]:
    """A registry inside one's own network is refused until its address is allowed too."""
    if context.settings.sandbox == "none":
        return [skip("registries", "Without a sandbox, install steps have this host's network.")]
    return await reachable(egress_proxy(context.environ, context.settings.egress_allow))


async def reachable(egress: EgressProxy) -> Sequence[DoctorResult]:
    """A warning for each registry that is refused for its address, or what is allowed."""
    found = await asyncio.gather(*(_private(egress, entry) for entry in egress.allowed.entries))
    names = ", ".join(str(entry) for entry in egress.allowed.entries)
    return [one for one in found if one] or [ok("registries", f"Install steps may reach {names}.")]


async def _private(egress: EgressProxy, entry: AllowedEntry) -> DoctorResult | None:
    """A warning where a name leads to addresses that are not allowed. What cannot be looked up says nothing."""
    target = EgressTarget(entry.host, entry.port or 443)
    by_proxy = egress.worker_proxies.for_target(target, encrypted=True)
    if not entry.host or entry.host.startswith("*.") or by_proxy:
        return None
    try:
        async with asyncio.timeout(_WITHIN_S):
            addresses = await egress.resolve(target)
    except (OSError, TimeoutError):
        return None
    if not addresses or any(egress.allowed.admits(address, target.port) for address in addresses):
        return None
    message = f"{target} has the private address {addresses[0]}, which install steps may not reach."
    return warn("registries", message, f"Add {EgressTarget(str(addresses[0]), target.port)} to AUTOBUILD_EGRESS_ALLOW.")
