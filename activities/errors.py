"""The kinds of error: one whose text a person reads, one that is this host's own trouble, and everything else."""

from typing import Literal

# The type name that Temporal sees; `workflows/config.py` lists it as never retried.
USER_ERROR = "UserError"


class UserError(Exception):
    """Something a person can fix. Its text says what to do next and is shown in the thread.

    Never retried: the same input gives the same error.
    """


class ConfigError(UserError):
    """A mistake in `.github/autobuild.yml`; `line` is 1-based, 0 where no line can be named."""

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.line = line


class SandboxMissing(UserError):
    """Bubblewrap does not work here, and `AUTOBUILD_SANDBOX` is not `none`."""


class ProgramsMissing(UserError):
    """Programs of ours cannot be installed: nothing that needs them can be done, whatever the repository holds."""


COMMITS_LOST = "CommitsLost"
"""The type name that Temporal sees of the error below."""


class CommitsLost(Exception):
    """The host lacks commits that it made itself: they were evicted, or its data folder is another one."""


HOST_TROUBLE = "HostTrouble"
"""The type name that Temporal sees of the error below."""

HostShortage = Literal["disk", "read-only", "disk error", "files", "memory", "processes"]
"""What a host has run out of, or what is wrong with its disk."""

_SHORTAGES: dict[HostShortage, str] = {
    "disk": "the disk of the host that runs the checks is full",
    "read-only": "the disk of the host that runs the checks is read-only",
    "disk error": "the disk of the host that runs the checks cannot be read or written",
    "files": "the host that runs the checks can open no more files",
    "memory": "the host that runs the checks has no memory left",
    "processes": "the host that runs the checks can start no more processes",
}


class HostTrouble(Exception):
    """What failed because of this host, and not because of the repository. `str()` of it is a clause for a person;
    `detail` is for the log.

    Tried again for as long as the workflow lives: an operator can fix it, and the same work then succeeds.
    """

    def __init__(self, shortage: HostShortage, detail: str = "") -> None:
        super().__init__(_SHORTAGES[shortage])
        self.shortage = shortage
        self.detail = detail
