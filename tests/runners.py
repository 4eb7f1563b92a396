"""The sandbox as a worker of this machine has it: its install steps reach the package registries that are set here."""

import os

from activities.sandbox import Runner
from activities.sandbox.select import make_runner
from bot.settings.registries import egress_proxy, install_settings


async def runner_with_registries() -> Runner:
    """Raises SandboxMissing where there is no sandbox."""
    return await make_runner("bubblewrap", *install_settings(os.environ), egress_proxy(os.environ, ()))
