"""The allow-lists: which system calls a zygote and its jobs may make, by level.

Everything not named fails with ENOSYS (so that C libraries take their fallbacks), except the
familiar refusals in `_REFUSED`, which programs report better as EPERM.
"""

from __future__ import annotations

import errno
from collections.abc import Mapping

from . import machine
from .bpf import ALLOW, Check, Rule, assemble, deny, null

_NEW_PID = 0x20000000
_NEW_NAMESPACES = 0x7E020000  # every CLONE_NEW* that clone(2) knows, NEW_PID among them
_CLONE_PARENT_OR_PTRACE = 0x0000A000
_CLONE_THREAD = 0x00010000
_AT_EMPTY_PATH = 0x1000
_AF_UNIX = 1
_TERMINAL_QUERIES = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)
_FCNTL = (0, 1, 2, 3, 4, 5, 6, 7, 36, 37, 38, 1030, 1032)  # no F_SETOWN, F_SETSIG, F_NOTIFY, leases
_PRCTL = (2, 3, 4, 15, 16, 21, 23, 38, 39, 0x53564D41)  # names, dumpable, no_new_privs, VMA names
_PRCTL_FOR_CHILD_FILTER = (1, 22)  # PDEATHSIG and SECCOMP, taken away again by `child_filter`


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_MEMORY = _names("""
    mmap mprotect munmap brk mremap madvise mincore msync pkey_mprotect
""")
_DESCRIPTORS = _names("""
    read write close lseek pread64 pwrite64 readv writev preadv pwritev preadv2 pwritev2 dup dup2
    dup3 pipe pipe2 poll ppoll select pselect6 epoll_create epoll_create1 epoll_ctl epoll_wait
    epoll_pwait eventfd eventfd2 timerfd_create timerfd_settime timerfd_gettime signalfd4 fstat
    fstatfs ftruncate fsync fdatasync fadvise64 flock sendfile copy_file_range splice tee getdents64
    close_range fchdir recvfrom recvmsg shutdown getsockname getpeername getsockopt sync_file_range
""")
_PROCESS = _names("""
    exit exit_group wait4 waitid getpid getppid gettid getuid geteuid getgid getegid getresuid
    getresgid getgroups getpgid getpgrp getsid setsid setpgid capget capset uname umask getrlimit
    setrlimit getrusage times sysinfo getpriority sched_yield sched_getaffinity sched_getparam
    sched_getscheduler sched_get_priority_max sched_get_priority_min getcpu arch_prctl membarrier
    set_tid_address set_robust_list get_robust_list rseq futex futex_waitv restart_syscall getrandom
    time gettimeofday clock_gettime clock_getres clock_nanosleep nanosleep pause alarm getitimer
    setitimer timer_create timer_settime timer_gettime timer_getoverrun timer_delete
""")
_SIGNALS = _names("""
    rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigtimedwait rt_sigsuspend
    rt_sigqueueinfo rt_tgsigqueueinfo sigaltstack kill tkill tgkill pidfd_open pidfd_send_signal
""")
_PATHS = _names("""
    open openat creat stat lstat newfstatat statx access faccessat faccessat2 readlink readlinkat
    getcwd chdir mkdir mkdirat rmdir unlink unlinkat rename renameat renameat2 link linkat symlink
    symlinkat getdents statfs truncate
""")
_ATTRIBUTES = _names("""
    chmod fchmod fchmodat utime utimes utimensat futimesat fallocate
""")
_FORKS = _names("""
    fork vfork
""")
_EXEC = _names("""
    execve
""")
_XATTR = _names("""
    getxattr lgetxattr fgetxattr listxattr llistxattr flistxattr setxattr lsetxattr fsetxattr
    removexattr lremovexattr fremovexattr
""")
_REFUSED = _names("""
    socket connect bind listen accept accept4 sendmsg sendmmsg execve execveat ptrace setuid setgid
    setreuid setregid setresuid setresgid setgroups setpriority sched_setscheduler sched_setparam
    sched_setaffinity sched_setattr mount umount2 pivot_root chroot mknod mknodat chown fchown
    lchown fchownat chmod fchmod fchmodat utime utimes utimensat futimesat sethostname
    unshare setns
""")

_CHECKED: dict[str, Rule] = {
    "clone": Rule(errno.EPERM, (Check(0, (0,), _NEW_NAMESPACES | _CLONE_PARENT_OR_PTRACE),)),
    "prlimit64": Rule(errno.EPERM, (Check(0, (0,)),)),
    "socketpair": Rule(errno.EPERM, (Check(0, (_AF_UNIX,)),)),
    "sendto": Rule(errno.EPERM, null(4)),
    "ioctl": Rule(errno.ENOTTY, (Check(1, _TERMINAL_QUERIES),)),
    "fcntl": Rule(errno.EPERM, (Check(1, _FCNTL),)),
    "prctl": Rule(errno.EPERM, (Check(0, _PRCTL),)),
    "personality": Rule(errno.EPERM, (Check(0, (0xFFFFFFFF,)),)),
}

# The zygote forks into new process namespaces; a job has no capability left to do the same.
_CLONE_ALONE = Rule(
    errno.EPERM, (Check(0, (0,), (_NEW_NAMESPACES & ~_NEW_PID) | _CLONE_PARENT_OR_PTRACE),)
)


def zygote_rules(level: str, *, may_execute: bool) -> dict[str, Rule]:
    """The table for `level` (namespaces, landlock or seccomp), by system call name.

    may_execute: whether jobs of this zygote are other programs (shell, compilers).
    """
    rules = {name: Rule(errno.EPERM) for name in _REFUSED}
    rules |= {name: Rule(errno.EOPNOTSUPP) for name in _XATTR}
    allowed = [*_MEMORY, *_DESCRIPTORS, *_PROCESS, *_SIGNALS, *_FORKS]
    if level != "seccomp":
        allowed += _PATHS
    checked = dict(_CHECKED)
    if level == "namespaces":
        allowed += _ATTRIBUTES
        checked["clone"] = _CLONE_ALONE
    if may_execute:
        allowed += _EXEC
    rules |= {name: Rule() for name in allowed} | checked
    if level == "seccomp":  # ENOENT is what imports and open() take for an answer
        rules |= {name: Rule(errno.ENOENT) for name in _PATHS}
        rules["newfstatat"] = Rule(errno.ENOENT, (Check(3, (_AT_EMPTY_PATH,)),))
    if level != "namespaces":
        options = (*_PRCTL, *_PRCTL_FOR_CHILD_FILTER)
        rules["prctl"] = Rule(errno.EPERM, (Check(0, options),))
    return rules


def child_rules(pid: int, *, processes: int) -> dict[str, Rule]:
    """What a job loses besides, where no process namespace holds it (landlock, seccomp).

    It may signal itself alone and start no process; threads only if it may have more than one.
    """
    itself = Rule(errno.EPERM, (Check(0, (pid,)),))
    no = Rule(errno.EPERM)
    threads = Rule(errno.EPERM, (Check(0, (_CLONE_THREAD,), _CLONE_THREAD),))
    return {
        "kill": itself,
        "tgkill": itself,
        "rt_sigqueueinfo": itself,
        "rt_tgsigqueueinfo": itself,
        "tkill": no,
        "pidfd_open": no,
        "pidfd_send_signal": no,
        "fork": no,
        "vfork": no,
        "clone": threads if processes > 1 else Rule(errno.EAGAIN),
        "prctl": Rule(errno.EPERM, (Check(0, _PRCTL),)),
    }


def _program(rules: Mapping[str, Rule], *, default: int) -> bytes:
    numbers = machine.numbers()
    return assemble(
        {numbers[name]: rule for name, rule in rules.items() if name in numbers},
        arch=machine.audit_arch(),
        x32=machine.has_x32(),
        default=default,
    )


def zygote_filter(level: str, *, may_execute: bool) -> bytes:
    """The filter a zygote installs once and its jobs inherit."""
    return _program(zygote_rules(level, may_execute=may_execute), default=deny(errno.ENOSYS))


def child_filter(pid: int, *, processes: int) -> bytes:
    """The filter a job adds where there are no namespaces."""
    return _program(child_rules(pid, processes=processes), default=ALLOW)
