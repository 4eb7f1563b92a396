"""The two kinds of error: one whose text a person reads, and everything else."""

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
