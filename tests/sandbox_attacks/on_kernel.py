"""Attacks on the network and the kernel's surface: sockets, odd calls, other ABIs, the filter."""

from sandbox_attacks.attack import Attack
from verigrad.sandbox import Limits

ATTACKS = [
    Attack(
        "connect to a service on this machine",
        """
import socket
refused("tcp", lambda: socket.create_connection(("127.0.0.1", BAIT["port"]), 0.2))
refused("tcp6", lambda: socket.create_connection(("::1", BAIT["port"]), 0.2))
refused("metadata", lambda: socket.create_connection(("169.254.169.254", 80), 0.2))
refused("dns", lambda: socket.getaddrinfo("example.com", 80))
""",
    ),
    Attack(
        "listen, and send without connecting",
        """
import socket
for family in (socket.AF_INET, socket.AF_INET6, socket.AF_UNIX):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW):
        refused(f"{family} {kind}", lambda: socket.socket(family, kind))
""",
    ),
    Attack(
        "exotic socket families",
        """
import socket
for family in range(0, 50):
    for kind in (1, 2, 3, 5):
        refused(f"{family} {kind}", lambda: socket.socket(family, kind, 0))
""",
    ),
    Attack(
        "unix sockets by path and by abstract name",
        """
import socket
refused("abstract", lambda: socket.socket(socket.AF_UNIX).connect("\\0" + BAIT["abstract"]))
left, right = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
refused("sendto", lambda: left.sendto(b"x", "\\0" + BAIT["abstract"]))
refused("sendmsg", lambda: left.sendmsg([b"x"], [], 0, "\\0" + BAIT["abstract"]))
refused("connect", lambda: left.connect("\\0" + BAIT["abstract"]))
refused("bind", lambda: left.bind("\\0mine"))
refused("pass descriptors", lambda: socket.send_fds(left, [b"x"], [1]))
refused("inet pair", lambda: socket.socketpair(socket.AF_INET))
""",
    ),
    Attack(
        "io_uring, bpf, perf, userfaultfd, keys and other large interfaces",
        """
calls = dict(io_uring_setup=425, io_uring_enter=426, io_uring_register=427, bpf=321, perf_event_open=298, userfaultfd=323, add_key=248, request_key=249,
    keyctl=250, init_module=175, finit_module=313, delete_module=176, kexec_load=246, kexec_file_load=320, iopl=172, ioperm=173, swapon=167, reboot=169,
    acct=163, quotactl=179, fanotify_init=300, inotify_init1=294, memfd_create=319, memfd_secret=447, mbind=237, set_mempolicy=238, move_pages=279,
    migrate_pages=256, lookup_dcookie=212, modify_ldt=154, remap_file_pages=216, syslog=103, settimeofday=164, clock_settime=227, adjtimex=159,
    shmget=29, semget=64, msgget=68, mq_open=240, io_setup=206, vmsplice=278, pidfd_getfd=438, landlock_create_ruleset=444, seccomp=317, personality=135,
    mount=165, umount2=166, pivot_root=155, chroot=161, fsopen=430, fsmount=432, move_mount=429, mount_setattr=442, sethostname=170, setdomainname=171)
for name, number in calls.items():
    refused(name, lambda: call(number, 0, 0, 0, 0, 0, 0))
""",
    ),
    Attack(
        "every unknown call number",
        """
import random
for number in [*range(450, 1100), 2**31 - 1, 0x3fffffff]:
    try: call(number, 0, 0, 0, 0, 0, 0)
    except OSError as error:
        if error.errno != errno.ENOSYS: breach((number, error))
    else: breach(number)
""",
    ),
    Attack(
        "x32 calls",
        "LIBC.syscall(ctypes.c_long(0x40000000 | 41), 2, 1, 0)\nbreach('x32 socket answered')",
    ),
    Attack(
        "32-bit calls by int 0x80",
        """
import mmap
# mov eax, 359 (socket); mov ebx, 2; mov ecx, 1; xor edx, edx; int 0x80; ret
code = bytes.fromhex("53b867010000bb02000000b90100000031d2cd805bc3")
try:
    page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(code)
    function = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))
    got = function()
    if got >= 0: breach(f"socket {got}")
    print(got)
except OSError as error:
    print(error)
""",
    ),
    Attack(
        "loosen the filter with another",
        """
program = (ctypes.c_ushort * 1)()
allow = bytes.fromhex("0600000000 00ff7f".replace(" ", ""))
buffer = ctypes.create_string_buffer(allow, 8)
import struct
header = ctypes.create_string_buffer(struct.pack("<HxxxxxxQ", 1, ctypes.addressof(buffer)), 16)
try: call(157, 22, 2, header, 0, 0)
except OSError as error: print(error)
import socket
refused("socket after an allow-all filter", lambda: socket.socket())
refused("strict mode off", lambda: call(157, 22, 0, 0, 0, 0))
refused("no_new_privs off", lambda: call(157, 38, 0, 0, 0, 0))
""",
    ),
    Attack(
        "argument checks with high bits set",
        """
high = 1 << 40
refused("fcntl F_SETOWN", lambda: call(72, 0, 8 | high, 1))
refused("socketpair inet", lambda: call(53, 2 | high, 1, 0, ctypes.create_string_buffer(8)))
refused("unshare user", lambda: call(272, 0x10000000 | high))
refused("prctl subreaper", lambda: call(157, 36 | high, 1, 0, 0, 0))
refused("prlimit other", lambda: call(302, BAIT["pid"] | (0), 0, 0, 0))
refused("sendto with a high address", lambda: call(44, 1, b"x", 1, 0, 1 << 33, 16))
refused("ioctl TIOCSTI", lambda: call(16, 0, 0x5412 | high, b"x"))
""",
    ),
    Attack(
        "terminal injection",
        """
import fcntl
for request in (0x5412, 0x540E, 0x5402, 0x5414, 0x541C, 0x5423, 0x8912, 0x5410):
    for descriptor in range(3):
        refused(hex(request), lambda: fcntl.ioctl(descriptor, request, b"x" * 16))
""",
    ),
    Attack(
        "map the bottom page and odd memory",
        """
refused("null page", lambda: call(9, 0, 4096, 3, 0x32, -1, 0) or None)
refused("process memory by /proc", lambda: open("/proc/self/mem", "r+b"))
refused("huge pages", lambda: call(9, 0, 1 << 30, 3, 0x40022, -1, 0))
""",
    ),
    Attack(
        "time bombs by timers",
        """
import signal, time
signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
signal.signal(signal.SIGALRM, lambda *_: None)
time.sleep(0.05)
""",
        limits=Limits(wall_s=1.0),
    ),
]
