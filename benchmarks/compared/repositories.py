"""What is said of a repository that is compared."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Planted:
    """Text that is put at the end of a file, which is made where there is none, and what must find it."""

    check: str
    path: str
    text: str


@dataclass(frozen=True)
class Repository:
    """`name` is owner/name on GitHub; without an owner, a package of PyPI as it was published, `commit` its version.

    `make` says why it is here. `setup` are the commands that install what `commands` need; each of those is named as
    the gate names the tool. `blocked` says of a commit that is rightly blocked, why. `note`: why a count differs.
    """

    name: str
    commit: str
    make: str
    setup: tuple[str, ...]
    commands: Mapping[str, str]
    planted: tuple[Planted, ...] = ()
    blocked: Mapping[str, str] = field(default_factory=dict)
    note: str = ""

    @property
    def folder(self) -> str:
        return self.name.replace("/", "+")
