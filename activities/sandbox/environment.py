"""The clean environment: nothing of the worker's own variables reaches a command."""

from collections.abc import Mapping

from activities.sandbox import SandboxCommand

SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"


def clean(command: SandboxCommand, home: str, tmp: str, install_env: Mapping[str, str]) -> dict[str, str]:
    """The command's variables over the install step's (with network only) over the plain ones."""
    plain = {"PATH": SYSTEM_PATH, "HOME": home, "LANG": "C.UTF-8", "TMPDIR": tmp, "CI": "true"}
    return {**plain, **(install_env if command.network else {}), **command.env}
