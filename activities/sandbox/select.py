"""Which runner a deployment uses, with a test at the start that it works on this host."""

import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from activities.errors import SandboxMissing, UserError
from activities.sandbox import Runner, SandboxCommand, SandboxSpec
from activities.sandbox.supervisor import NotStarted
from activities.sandbox.unsandboxed import UnsandboxedRunner

if TYPE_CHECKING:
    from activities.egress.proxy import EgressProxy


async def make_runner(
    mode: str,
    install_env: Mapping[str, str] | None = None,
    install_read_only: tuple[Path, ...] = (),
    egress: "EgressProxy | None" = None,
) -> Runner:
    """`mode` is "bubblewrap" or "none". Raises SandboxMissing when a command cannot be run in
    bubblewrap here. What the `install_` arguments give reaches commands with network alone; `egress` is their network,
    without it they reach nothing."""
    if mode == "none":
        return UnsandboxedRunner(install_env)
    if mode != "bubblewrap":
        raise UserError(f"AUTOBUILD_SANDBOX is {mode!r}. Set it to bubblewrap or none.")
    unsafe = "or set AUTOBUILD_SANDBOX=none to run repositories' code without isolation"
    if sys.platform != "linux":
        raise SandboxMissing(f"Bubblewrap needs Linux. Run the worker there, {unsafe}.")
    from activities.sandbox.bubblewrap import BubblewrapRunner

    runner = BubblewrapRunner(install_env, install_read_only, egress)
    with tempfile.TemporaryDirectory() as folder:
        spec = SandboxSpec(tree=Path(folder, "tree"), out=Path(folder, "out"))
        spec.tree.mkdir()
        spec.out.mkdir()
        try:
            await runner.run(spec, SandboxCommand(("true",), network=True))
        except (NotStarted, OSError) as error:
            raise SandboxMissing(
                f"Bubblewrap cannot create a sandbox here ({error}). Allow user namespaces "
                "(sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone=1, "
                "kernel.apparmor_restrict_unprivileged_userns=0; a container needs --security-opt "
                f"seccomp=unconfined --security-opt systempaths=unconfined), {unsafe}."
            ) from error
    return runner
