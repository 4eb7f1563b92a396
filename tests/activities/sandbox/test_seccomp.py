"""The system calls that a sandbox is refused: by the program's decisions for both machines, and by calling them."""

import errno
import platform
import re
import struct
from pathlib import Path

import pytest

from activities.sandbox import Runner, SandboxSpec
from activities.sandbox.seccomp import ARCHITECTURES, instructions, seccomp_program
from activities.sandbox.seccomp_rules import HIGHEST_NUMBER, REFUSED_CALLS, RefusedCall
from tests.activities.sandbox.conftest import python, shell

ALLOW = 0
NEW_NAMESPACES = [0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000]
X86_64, ARM64 = "x86_64", "aarch64"
NUMBERS = {
    X86_64: {"read": 0, "ioctl": 16, "socket": 41, "socketpair": 53, "clone": 56, "execve": 59, "unshare": 272,
             "personality": 135, "openat": 257, "fchmodat2": 452},
    ARM64: {"read": 63, "ioctl": 29, "socket": 198, "socketpair": 199, "clone": 220, "execve": 221, "unshare": 97,
            "personality": 92, "openat": 56, "fchmodat2": 452},
}  # fmt: skip
# The arguments with which a call of the rules is refused; without any where all of its calls are.
REFUSED_WITH: dict[str, list[tuple[int, ...]]] = {
    "personality": [(0x40000,), (0x0004,)],  # no random addresses, another system
    "unshare": [(flag,) for flag in [*NEW_NAMESPACES, 0x80, 0x10000000 | 0x400]],
    "clone": [(flag | 17,) for flag in NEW_NAMESPACES],
    "socket": [(family, 2) for family in (3, 9, 17, 21, 30, 31, 38, 40, 44)] + [(16, 3, 9), (16, 3, 15), (16, 3, 16)],
    "socketpair": [(30, 1), (2, 1)],
    "ioctl": [(0, 0x5412), (0, 0x541C), (0, 0x5412 | 1 << 32)],
}
ALLOWED_WITH: list[tuple[str, tuple[int, ...]]] = [
    ("read", ()),
    ("execve", ()),
    ("openat", ()),
    ("fchmodat2", ()),
    ("personality", (0xFFFFFFFF,)),
    ("personality", (0,)),
    ("unshare", (0x400,)),  # CLONE_FILES
    ("clone", (0x3D0F00,)),  # a thread
    ("clone", (0x01200011,)),  # a fork
    ("socket", (1, 1)),
    ("socket", (2, 2)),
    ("socket", (10, 1)),
    ("socket", (16, 3, 0)),
    ("socketpair", (1, 1)),
    ("ioctl", (0, 0x5413)),  # the size of the terminal
]
CALLING = """
import ctypes, sys
call = ctypes.CDLL(None, use_errno=True).syscall
for line in sys.argv[1:]:
    number, *arguments = map(int, line.split(","))
    arguments += [0] * (6 - len(arguments))
    ctypes.set_errno(0)
    result = call(*map(ctypes.c_long, (number, *arguments)))
    print(ctypes.get_errno() if result == -1 else 0)
"""


def decision(machine: str, number: int, arguments: tuple[int, ...] = (), architecture: int | None = None) -> int:
    """What the kernel would make of a call: the error, or 0. Runs the program as bpf(4) describes it."""
    program = list(struct.iter_unpack("<HBBI", seccomp_program(machine)))
    words = [*arguments, *[0] * (6 - len(arguments))]
    known = ARCHITECTURES[machine] if architecture is None else architecture
    data = struct.pack("<IIQ6Q", number, known, 0, *words)
    at, register = 0, 0
    while True:
        code, yes, no, operand = program[at]
        at += 1
        if code == 0x20:
            [register] = struct.unpack_from("<I", data, operand)
        elif code == 0x06:
            assert operand >> 16 in {0x7FFF, 0x0005}
            return operand & 0xFFFF if operand >> 16 == 0x0005 else ALLOW
        else:
            holds = {0x15: register == operand, 0x25: register > operand, 0x45: bool(register & operand)}[code]
            at += yes if holds else no


def number_of(call: RefusedCall, machine: str) -> int | None:
    return call.x86_64 if machine == X86_64 else call.arm64


@pytest.mark.parametrize("machine", [X86_64, ARM64])
def test_every_refused_call_is_refused(machine: str) -> None:
    for call in REFUSED_CALLS:
        number = number_of(call, machine)
        for arguments in REFUSED_WITH.get(call.name, [()]) if number is not None else []:
            assert decision(machine, number or 0, arguments) == call.error, (call.name, arguments)


@pytest.mark.parametrize("machine", [X86_64, ARM64])
@pytest.mark.parametrize(("name", "arguments"), ALLOWED_WITH)
def test_what_programs_need_is_allowed(machine: str, name: str, arguments: tuple[int, ...]) -> None:
    assert decision(machine, NUMBERS[machine][name], arguments) == ALLOW


@pytest.mark.parametrize("machine", [X86_64, ARM64])
def test_all_other_calls_are_allowed_up_to_the_newest_known(machine: str) -> None:
    refused = {number_of(call, machine) for call in REFUSED_CALLS}
    for number in range(HIGHEST_NUMBER + 1):
        if number not in refused:
            assert decision(machine, number) == ALLOW, number
    assert decision(machine, HIGHEST_NUMBER + 1) == errno.ENOSYS


@pytest.mark.parametrize("machine", [X86_64, ARM64])
def test_other_abis_are_refused(machine: str) -> None:
    i386, arm = 0x40000003, 0x40000028
    for architecture in (i386, arm, 0):
        assert decision(machine, 1, architecture=architecture) == errno.ENOSYS
    assert decision(machine, 0x40000000 | 1) == errno.ENOSYS  # x32


@pytest.mark.parametrize("machine", [X86_64, ARM64])
def test_jumps_stay_inside_the_program(machine: str) -> None:
    program = list(instructions(machine))
    for at, (code, yes, no, _) in enumerate(program):
        assert code in {0x06, 0x20} or at + 1 + max(yes, no) < len(program)
    assert len(program) < 4096


@pytest.mark.parametrize(
    ("machine", "header"),
    [(X86_64, "/usr/include/x86_64-linux-gnu/asm/unistd_64.h"), (ARM64, "/usr/include/asm-generic/unistd.h")],
)
def test_numbers_are_those_of_the_kernels_headers(machine: str, header: str) -> None:
    if not Path(header).exists():
        pytest.skip("the kernel's headers are not installed")
    found = dict(re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)$", Path(header).read_text(), re.MULTILINE))
    known = {call.name: number_of(call, machine) for call in REFUSED_CALLS if call.name in found}
    assert known == {name: int(found[name]) for name in known}
    assert len(known) > 50


@pytest.mark.skipif(platform.machine() not in ARCHITECTURES, reason="this machine has no rules")
async def test_refused_calls_fail_in_the_sandbox(sandbox: Runner, spec: SandboxSpec) -> None:
    """An argument of -1 everywhere else: what would reach the kernel could do no harm, and fail otherwise."""
    machine = platform.machine()
    calls = [(call, number) for call in REFUSED_CALLS if (number := number_of(call, machine)) is not None]
    cases = [
        (call, ",".join(map(str, (number, *(arguments or (-1,) * 6)))))
        for call, number in calls
        for arguments in REFUSED_WITH.get(call.name, [()])
    ]
    ran = await sandbox.run(spec, python(CALLING, *(line for _, line in cases)))
    assert ran.exit_code == 0, ran.stderr
    answers = [int(line) for line in ran.stdout.split()]
    wrong = [(call.name, line, answer) for (call, line), answer in zip(cases, answers, strict=True)
             if answer != call.error]  # fmt: skip
    assert wrong == []


@pytest.mark.skipif(platform.machine() != X86_64, reason="only x86-64 has other ABIs")
async def test_other_abis_fail_in_the_sandbox(sandbox: Runner, spec: SandboxSpec) -> None:
    x32_getpid = 0x40000000 + 39
    ran = await sandbox.run(spec, python(CALLING, f"{x32_getpid}", f"{HIGHEST_NUMBER + 1}"))
    assert ran.stdout.split() == [str(errno.ENOSYS).encode()] * 2


async def test_no_namespace_can_be_made(sandbox: Runner, spec: SandboxSpec) -> None:
    script = "for kind in U m p n u i C T; do unshare -$kind true 2>/dev/null && echo $kind; done; exit 0"
    assert (await sandbox.run(spec, shell(script))).stdout == b""


async def test_threads_and_processes_start_without_clone3(sandbox: Runner, spec: SandboxSpec) -> None:
    script = (
        "import concurrent.futures as c, subprocess, threading\n"
        "threads = [threading.Thread(target=print, args=('thread',)) for _ in range(3)]\n"
        "[t.start() or t.join() for t in threads]\n"
        "print(subprocess.run(['echo', 'process'], capture_output=True, text=True).stdout.strip())\n"
        "print(*c.ProcessPoolExecutor(2).map(abs, [-1, -2]))"
    )
    ran = await sandbox.run(spec, python(script))
    assert ran.stdout.split() == [b"thread"] * 3 + [b"process", b"1", b"2"], ran.stderr


async def test_addresses_and_names_are_found(sandbox: Runner, spec: SandboxSpec) -> None:
    """What lists interfaces and resolves names asks netlink."""
    script = "import socket; print(socket.if_nameindex()[0][1], socket.getaddrinfo('localhost', 80)[0][4][0] != '')"
    assert (await sandbox.run(spec, python(script))).stdout == b"lo True\n"
