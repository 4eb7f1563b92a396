"""Which runner a deployment gets, and the commands that every runner refuses."""

from pathlib import Path

import pytest

from activities.errors import UserError
from activities.sandbox import Runner, SandboxCommand, SandboxSpec
from activities.sandbox.select import make_runner
from tests.activities.sandbox.conftest import shell


async def test_none_means_no_sandbox() -> None:
    assert (await make_runner("none")).name == "local"


async def test_bubblewrap_is_used(sandbox: Runner) -> None:
    assert sandbox.name == "bubblewrap"


async def test_unknown_mode_is_refused() -> None:
    with pytest.raises(UserError, match="Set it to bubblewrap or none"):
        await make_runner("docker")


@pytest.mark.usefixtures("sandbox")
async def test_only_the_install_step_gets_the_registries(spec: SandboxSpec, tmp_path: Path) -> None:
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    (wheels / "x.whl").touch()
    runner = await make_runner("bubblewrap", {"UV_FIND_LINKS": str(wheels)}, (wheels,))
    script = 'echo "links=$UV_FIND_LINKS"; ls "$1"; exit 0'
    alone = await runner.run(spec, shell(script, str(wheels)))
    installing = await runner.run(spec, shell(script, str(wheels), network=True))
    assert alone.stdout == b"links=\n"
    assert installing.stdout.decode() == f"links={wheels}\nx.whl\n"


@pytest.mark.parametrize(
    "command",
    [
        SandboxCommand(()),
        SandboxCommand(("",)),
        SandboxCommand(("a\0b",)),
        SandboxCommand(("a",), env={"A": "\0"}),
        SandboxCommand(("a",), env={"A=B": ""}),
    ],
)
async def test_invalid_command_is_refused(runner: Runner, spec: SandboxSpec, command: SandboxCommand) -> None:
    with pytest.raises(UserError):
        await runner.run(spec, command)
