"""What untrusted code cannot see, reach or change from inside the sandbox."""

import os
import socket
import uuid
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from activities.sandbox import Runner, SandboxSpec
from tests.activities.sandbox.conftest import python, shell

CONNECT = """
import socket, sys
for family, address in [
    (socket.AF_INET, ("127.0.0.1", int(sys.argv[1]))),
    (socket.AF_UNIX, "\\0" + sys.argv[2]),
    (socket.AF_UNIX, sys.argv[3]),
]:
    with socket.socket(family) as s:
        s.settimeout(5)
        try:
            s.connect(address)
        except OSError:
            print("closed")
        else:
            print("open")
"""


@pytest.fixture
def secret(monkeypatch: pytest.MonkeyPatch) -> str:
    word = f"secret-{uuid.uuid4().hex}"
    monkeypatch.setenv("AUTOBUILD_GITHUB_PRIVATE_KEY", word)
    return word


async def test_variables_of_the_worker_are_not_visible(sandbox: Runner, spec: SandboxSpec, secret: str) -> None:
    ran = await sandbox.run(spec, shell("env; cat /proc/*/environ /proc/*/cmdline; exit 0"))
    assert secret.encode() not in ran.stdout
    assert b"PATH=" in ran.stdout
    assert str(spec.tree).encode() not in ran.stdout


async def test_files_of_the_worker_are_not_visible(
    sandbox: Runner, spec: SandboxSpec, secret: str, tmp_path: Path
) -> None:
    (tmp_path / "key.pem").write_text(secret)
    script = 'cat "$1"/key.pem "/proc/$2/environ" /etc/shadow; ls -A "$3" /root /home /var/lib /run /mnt; exit 0'
    ran = await sandbox.run(
        replace(spec, read_only=()), shell(script, str(tmp_path), str(os.getpid()), str(Path.home()))
    )
    assert secret.encode() not in ran.stdout
    assert ran.stdout.strip() == b"/run:"


async def test_open_files_of_the_worker_are_not_inherited(
    sandbox: Runner, spec: SandboxSpec, secret: str, tmp_path: Path
) -> None:
    (tmp_path / "key.pem").write_text(secret)
    with (tmp_path / "key.pem").open() as file:
        os.set_inheritable(file.fileno(), True)
        ran = await sandbox.run(spec, shell("ls /proc/self/fd; cat /proc/self/fd/[3-9] /proc/1/fd/[3-9]; exit 0"))
    assert ran.stdout.split() == [b"0", b"1", b"2", b"3"]  # 3 is the folder that ls reads


async def test_links_out_of_the_tree_lead_nowhere(
    sandbox: Runner, spec: SandboxSpec, secret: str, tmp_path: Path
) -> None:
    (tmp_path / "key.pem").write_text(secret)
    (spec.tree / "absolute").symlink_to(tmp_path / "key.pem")
    (spec.tree / "relative").symlink_to("../key.pem")
    (spec.tree / "folder").symlink_to(tmp_path)
    ran = await sandbox.run(spec, shell("cat absolute relative folder/key.pem; echo evil > folder/new"))
    assert (ran.stdout, ran.exit_code) == (b"", 2)
    assert not (tmp_path / "new").exists()


async def test_links_and_pipes_in_reports_are_removed(sandbox: Runner, spec: SandboxSpec, tmp_path: Path) -> None:
    script = 'cd /out; mkdir d; ln -s "$1" link; ln -s "$1" d/link; mkfifo pipe; echo x > report; chmod 0 report d'
    await sandbox.run(spec, shell(script, str(tmp_path)))
    assert sorted(path.name for path in spec.out.rglob("*")) == ["d", "report"]
    assert (spec.out / "report").read_text() == "x\n"


async def test_nothing_outside_the_workspace_can_be_written(sandbox: Runner, spec: SandboxSpec, tmp_path: Path) -> None:
    env = tmp_path / "env"
    env.mkdir()
    places = ("/", "/usr", "/usr/bin", "/etc", "/env", "/dev", "/run", "/var", "/proc", str(spec.read_only[0]))
    script = 'for at in "$@"; do touch "$at/evil" && echo "$at"; done; echo x > /etc/passwd; exit 0'
    ran = await sandbox.run(replace(spec, env=env), shell(script, *places, str(tmp_path)))
    assert ran.stdout == b""
    assert not list(env.iterdir())


async def test_the_install_step_may_write_env_and_cache(sandbox: Runner, spec: SandboxSpec, tmp_path: Path) -> None:
    env, cache = tmp_path / "env", tmp_path / "cache"
    env.mkdir()
    cache.mkdir()
    await sandbox.run(replace(spec, env=env, env_writable=True, cache=cache), shell("touch /env/made /cache/kept"))
    assert (env / "made").exists()
    assert (cache / "kept").exists()


async def test_no_privilege_can_be_gained(sandbox: Runner, spec: SandboxSpec) -> None:
    ran = await sandbox.run(
        spec, shell("id -u; grep -h Cap /proc/self/status | sort -u -k2; unshare -U true || mount -t tmpfs x /tmp")
    )
    lines = ran.stdout.split()
    assert lines[0] == b"61000"
    assert lines[2:] == [b"0000000000000000"]
    assert ran.exit_code != 0


async def test_ports_and_sockets_of_the_host_are_not_reachable(
    sandbox: Runner, spec: SandboxSpec, tmp_path: Path
) -> None:
    name = uuid.uuid4().hex
    with closing(socket.create_server(("127.0.0.1", 0))) as tcp, _listen(f"\0{name}") as _, _listen(_path(spec)) as _:
        arguments = (str(tcp.getsockname()[1]), name, _path(spec))
        alone = await sandbox.run(spec, python(CONNECT, *arguments))
        with_network = await sandbox.run(spec, python(CONNECT, *arguments, network=True))
    assert alone.stdout.split() == [b"closed"] * 3
    assert with_network.stdout.split() == [b"closed"] * 3


async def test_server_in_the_sandbox_is_reachable_in_it(sandbox: Runner, spec: SandboxSpec) -> None:
    own = "import socket; s = socket.create_server(('127.0.0.1', 0)); socket.create_connection(s.getsockname())"
    assert (await sandbox.run(spec, python(own))).exit_code == 0


def _path(spec: SandboxSpec) -> str:
    return os.path.relpath(spec.tree.parent / "s.sock")


def _listen(address: str) -> "closing[socket.socket]":
    server = socket.socket(socket.AF_UNIX)
    server.bind(address)
    server.listen()
    return closing(server)


REPLACE = """
import os, sys
for place in sys.argv[1:]:
    for act in (
        lambda: os.rename(place, place + "-moved"),
        lambda: os.rename("/tmp/fake", place),
        lambda: os.symlink("/", place + "/../fake"),
        lambda: os.rmdir(place),
        lambda: os.link("/cache/file", place + "/file") if place != "/cache" else os.stat("/install"),
    ):
        os.makedirs("/tmp/fake", exist_ok=True)
        try:
            act()
        except OSError:
            continue
        print(place)
"""


async def test_writable_places_are_mount_points_that_no_build_can_replace(
    sandbox: Runner, spec: SandboxSpec, tmp_path: Path
) -> None:
    """Even where environment and cache have a common parent on this host."""
    for name in ("both/env", "both/cache"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "both/cache/file").write_text("x")
    installing = replace(
        spec, env=tmp_path / "both/env", env_writable=True, cache=tmp_path / "both/cache", keep_writes=True
    )
    places = ("/env", "/cache", "/out", "/src")
    ran = await sandbox.run(installing, python(REPLACE, *places))
    assert (ran.exit_code, ran.stdout, ran.stderr) == (0, b"", b"")
    assert sorted(path.name for path in (tmp_path / "both").iterdir()) == ["cache", "env"]
    assert not (tmp_path / "both/env").is_symlink()
    assert not list((tmp_path / "both/env").iterdir())
