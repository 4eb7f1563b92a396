"""The filter of system calls as the program that the kernel runs for each call (seccomp(2), classic BPF).

The program loads a word of `struct seccomp_data` into its only register, compares, jumps forward, and returns what
becomes of the call. Calls of another ABI than the machine's own (i386, x32) are refused as a whole: they have other
numbers.
"""

import errno
import struct
from collections.abc import Iterator
from functools import cache

from activities.sandbox.seccomp_rules import HIGHEST_NUMBER, REFUSED_CALLS, AnyBit, OneOf, RefusedCall

# (code, jump if true, jump if false, operand): struct sock_filter of linux/filter.h
Instruction = tuple[int, int, int, int]
_LOAD, _JUMP_EQUAL, _JUMP_GREATER, _JUMP_ANY_BIT, _RETURN = 0x20, 0x15, 0x25, 0x45, 0x06

_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16  # offsets in struct seccomp_data
_ALLOW, _FAIL = 0x7FFF0000, 0x00050000  # SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO | errno

# What `uname -m` says to the AUDIT_ARCH of linux/audit.h. Both are little-endian.
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}


@cache
def seccomp_program(machine: str) -> bytes:
    """What `bwrap --seccomp` reads. Raises KeyError for a machine that has no rules."""
    return b"".join(struct.pack("<HBBI", *instruction) for instruction in instructions(machine))


def instructions(machine: str) -> Iterator[Instruction]:
    """The program for a machine of `ARCHITECTURES`."""
    yield _LOAD, 0, 0, _ARCHITECTURE
    yield _JUMP_EQUAL, 1, 0, ARCHITECTURES[machine]
    yield _RETURN, 0, 0, _FAIL | errno.ENOSYS
    yield _LOAD, 0, 0, _NUMBER
    yield _JUMP_GREATER, 0, 1, HIGHEST_NUMBER  # also all of x32, which has a bit above
    yield _RETURN, 0, 0, _FAIL | errno.ENOSYS
    for call in REFUSED_CALLS:
        number = call.x86_64 if machine == "x86_64" else call.arm64
        if number is not None:
            block = list(_refusal(call))
            yield _JUMP_EQUAL, 0, len(block), number
            yield from block
    yield _RETURN, 0, 0, _ALLOW


def _refusal(call: RefusedCall) -> Iterator[Instruction]:
    """What is done with a call of that number. Where a condition does not hold, the number is loaded again for the
    rules that follow."""
    end = _RETURN, 0, 0, _FAIL | call.error
    if not call.conditions:
        yield end
        return
    tests: list[Instruction] = [end]
    for condition in reversed(call.conditions):
        tests = [(_LOAD, 0, 0, _ARGUMENTS + 8 * condition.argument), *_test(condition, len(tests)), *tests]
    yield from tests
    yield _LOAD, 0, 0, _NUMBER


def _test(condition: AnyBit | OneOf, remaining: int) -> Iterator[Instruction]:
    """Goes on if the condition holds, and jumps over the `remaining` instructions if not."""
    if isinstance(condition, AnyBit):
        yield _JUMP_ANY_BIT, 0, remaining, condition.mask
        return
    for left, value in zip(reversed(range(len(condition.values))), condition.values, strict=True):
        if condition.others:
            yield _JUMP_EQUAL, left + remaining, 0, value
        else:
            yield _JUMP_EQUAL, left, 0 if left else remaining, value
