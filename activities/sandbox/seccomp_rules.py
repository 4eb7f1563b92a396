"""Which system calls a sandbox is refused: what container engines refuse by default, and what no build or test needs.

A refused call is one that changes the host as a whole, looks into another process, opens new mounts or namespaces, or
leads into parts of the kernel that had many holes and that builds and tests do without. The kernel would refuse most of
them for lack of privileges; here they do not even reach it.

Numbers are those of the kernel's tables (arch/x86/entry/syscalls/syscall_64.tbl, and include/uapi/asm-generic/unistd.h
for arm64). A program sees EPERM, or ENOSYS where it then falls back to an older call.
"""

import errno
from dataclasses import dataclass, field

_EPERM, _ENOSYS, _EAFNOSUPPORT = errno.EPERM, errno.ENOSYS, errno.EAFNOSUPPORT

# Calls with greater numbers are newer than these rules, and answered as by a kernel that does not have them.
HIGHEST_NUMBER = 469


@dataclass(frozen=True)
class AnyBit:
    """Holds when an argument (0 to 5), as 32 bits, has a bit of the mask."""

    argument: int
    mask: int


@dataclass(frozen=True)
class OneOf:
    """Holds when an argument, as 32 bits, is one of the values; with `others`, when it is none of them."""

    argument: int
    values: tuple[int, ...]
    others: bool = False


@dataclass(frozen=True)
class RefusedCall:
    """A system call that fails with `error` where all of the conditions hold. `arm64` is None where the machine has no
    such call."""

    name: str
    x86_64: int
    arm64: int | None
    error: int = _EPERM
    conditions: tuple[AnyBit | OneOf, ...] = field(default=())


# CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET; NEWTIME means something else to clone.
_NEW_NAMESPACE = 0x7E020000
_NEW_TIME_NAMESPACE = 0x80
_AF_UNIX, _AF_INET, _AF_INET6, _AF_NETLINK = 1, 2, 10, 16
_NETLINK_ROUTE = 0
_FAMILIES = (_AF_UNIX, _AF_INET, _AF_INET6, _AF_NETLINK)
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C
# PER_LINUX, PER_LINUX32, each with UNAME26 or without, and the question which one it is.
_PERSONALITIES = (0x0, 0x8, 0x20000, 0x20008, 0xFFFFFFFF)

REFUSED_CALLS = (
    # keys of the kernel, which namespaces do not separate
    RefusedCall("add_key", 248, 217),
    RefusedCall("request_key", 249, 218),
    RefusedCall("keyctl", 250, 219),
    # other processes
    RefusedCall("ptrace", 101, 117),
    RefusedCall("process_vm_readv", 310, 270),
    RefusedCall("process_vm_writev", 311, 271),
    RefusedCall("pidfd_getfd", 438, 438),
    RefusedCall("kcmp", 312, 272),
    # parts of the kernel that programs of builds and tests do without
    RefusedCall("bpf", 321, 280),
    RefusedCall("perf_event_open", 298, 241),
    RefusedCall("userfaultfd", 323, 282),
    RefusedCall("io_uring_setup", 425, 425),
    RefusedCall("io_uring_enter", 426, 426),
    RefusedCall("io_uring_register", 427, 427),
    RefusedCall("fanotify_init", 300, 262),
    RefusedCall("lookup_dcookie", 212, 18),
    RefusedCall("modify_ldt", 154, None),
    RefusedCall("uselib", 134, None),
    RefusedCall("ustat", 136, None),
    RefusedCall("sysfs", 139, None),
    RefusedCall("personality", 135, 92, conditions=(OneOf(0, _PERSONALITIES, others=True),)),
    # where memory lies
    RefusedCall("mbind", 237, 235),
    RefusedCall("get_mempolicy", 239, 236),
    RefusedCall("set_mempolicy", 238, 237),
    RefusedCall("set_mempolicy_home_node", 450, 450),
    RefusedCall("migrate_pages", 256, 238),
    RefusedCall("move_pages", 279, 239),
    # mounts, and files by another way than their path
    RefusedCall("mount", 165, 40),
    RefusedCall("umount2", 166, 39),
    RefusedCall("pivot_root", 155, 41),
    RefusedCall("chroot", 161, 51),
    RefusedCall("move_mount", 429, 429),
    RefusedCall("open_tree", 428, 428),
    RefusedCall("open_tree_attr", 467, 467),
    RefusedCall("fsopen", 430, 430),
    RefusedCall("fsconfig", 431, 431),
    RefusedCall("fsmount", 432, 432),
    RefusedCall("fspick", 433, 433),
    RefusedCall("mount_setattr", 442, 442),
    RefusedCall("name_to_handle_at", 303, 264),
    RefusedCall("open_by_handle_at", 304, 265),
    RefusedCall("quotactl", 179, 60),
    RefusedCall("quotactl_fd", 443, 443),
    RefusedCall("nfsservctl", 180, 42),
    # namespaces. The flags of clone3 are in memory, where a filter cannot look; the C libraries fall back to clone.
    RefusedCall("unshare", 272, 97, conditions=(AnyBit(0, _NEW_NAMESPACE | _NEW_TIME_NAMESPACE),)),
    RefusedCall("clone", 56, 220, conditions=(AnyBit(0, _NEW_NAMESPACE),)),
    RefusedCall("clone3", 435, 435, _ENOSYS),
    RefusedCall("setns", 308, 268),
    # the host as a whole
    RefusedCall("kexec_load", 246, 104),
    RefusedCall("kexec_file_load", 320, 294),
    RefusedCall("init_module", 175, 105),
    RefusedCall("finit_module", 313, 273),
    RefusedCall("delete_module", 176, 106),
    RefusedCall("reboot", 169, 142),
    RefusedCall("swapon", 167, 224),
    RefusedCall("swapoff", 168, 225),
    RefusedCall("acct", 163, 89),
    RefusedCall("settimeofday", 164, 170),
    RefusedCall("clock_settime", 227, 112),
    RefusedCall("clock_adjtime", 305, 266),
    RefusedCall("syslog", 103, 116),
    RefusedCall("vhangup", 153, 58),
    RefusedCall("iopl", 172, None),
    RefusedCall("ioperm", 173, None),
    # kinds of sockets: a network's and local ones; of netlink what lists addresses and routes
    RefusedCall("socket", 41, 198, _EAFNOSUPPORT, (OneOf(0, _FAMILIES, others=True),)),
    RefusedCall("socket", 41, 198, _EAFNOSUPPORT, (OneOf(0, (_AF_NETLINK,)), OneOf(2, (_NETLINK_ROUTE,), others=True))),
    RefusedCall("socketpair", 53, 199, _EAFNOSUPPORT, (OneOf(0, (_AF_UNIX,), others=True),)),
    # input that a terminal takes for typed
    RefusedCall("ioctl", 16, 29, conditions=(OneOf(1, (_TIOCSTI, _TIOCLINUX)),)),
)
