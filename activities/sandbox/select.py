"""Which runner a deployment uses, with a test at the start that it works on this host."""

import logging
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from activities.errors import HostTrouble, SandboxMissing, UserError
from activities.host_trouble import host_trouble
from activities.sandbox import Runner, SandboxCommand, SandboxSpec
from activities.sandbox.ownership import temporary_folder
from activities.sandbox.sandbox_user import SANDBOX_ID
from activities.sandbox.supervisor import NotStarted
from activities.sandbox.unsandboxed import UnsandboxedRunner

if TYPE_CHECKING:
    from activities.egress.proxy import EgressProxy

log = logging.getLogger(__name__)

_ALLOW = (
    "Allow user namespaces (sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone=1, "
    "kernel.apparmor_restrict_unprivileged_userns=0; a container needs --security-opt seccomp=unconfined "
    "--security-opt systempaths=unconfined)"
)
_ALLOW_ROOT = "Start the worker as an ordinary user, or give root all of its capabilities"

# As another user than root, with its own places to write to, and the files of our programs.
_TRIAL = """
test "$(id -u)" = "$1" || { echo "the command runs as user $(id -u)" >&2; exit 1; }
touch /src/a /out/a /tmp/a || exit
shift
for file; do test -r "$file" || { echo "$file"; exit; }; done
"""


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
    try:
        problem = await _try(runner)
    except (NotStarted, HostTrouble, OSError) as error:
        if trouble := host_trouble(error):  # which says nothing of bubblewrap, and ends one day
            log.warning("sandbox=untried why=%r", f"{trouble}: {trouble.detail}")
            return runner
        problem = f"Bubblewrap cannot create a sandbox here ({error}). {_ALLOW if os.geteuid() else _ALLOW_ROOT}"
    if problem:
        raise SandboxMissing(f"{problem}, {unsafe}.")
    return runner


async def _try(runner: Runner) -> str:
    """Runs a command that does what every check needs: "", or what is wrong. Raises `NotStarted` and OSError."""
    needed = (os.path.realpath(sys.executable), os.__file__, str(Path(sys.prefix, "bin", "python")))
    async with temporary_folder("trial") as folder:
        read_only = (Path(sys.base_prefix), Path(sys.prefix))
        spec = SandboxSpec(tree=folder / "tree", out=folder / "out", read_only=read_only)
        spec.tree.mkdir()
        spec.out.mkdir()
        trial = SandboxCommand(("/bin/sh", "-c", _TRIAL, "sh", str(SANDBOX_ID), *needed), network=True)
        ran = await runner.run(spec, trial)
    if unreadable := ran.stdout.decode(errors="replace").strip():
        return f"A sandbox's user cannot read {unreadable}. Let every user read what Autobuild is installed with"
    if ran.exit_code != 0:
        raise NotStarted(ran.stderr.decode(errors="replace").strip() or f"exit code {ran.exit_code}")
    return ""
