"""Attacks on processes: leftovers, bombs, signals, tracing, other jobs, the zygote itself."""

from sandbox_attacks.attack import ANY, SOON, Attack
from verigrad.sandbox import Limits, Status

TIMEOUT = frozenset({Status.TIMEOUT})
FEW = Limits(wall_s=1.0, processes=8, memory_mb=256)

ATTACKS = [
    Attack(
        "fork bomb",
        """
import time
children = 0
try:
    while True:
        if os.fork() == 0:
            time.sleep(30)
        children += 1
        if children > 50: breach(f"{children} children"); break
except OSError as error:
    print(children, error)
time.sleep(30)
""",
        limits=FEW,
        ends=TIMEOUT,
    ),
    Attack(
        "fork bomb that forks in every child",
        "while True:\n    try: os.fork()\n    except OSError: pass\n",
        limits=FEW,
        ends=TIMEOUT,
    ),
    Attack(
        "thread bomb",
        """
import threading, time
started = 0
try:
    while started < 2000:
        threading.Thread(target=time.sleep, args=(30,), daemon=True).start(); started += 1
    breach(started)
except (RuntimeError, MemoryError) as error:
    print(started, error)
os._exit(0)
""",
    ),
    Attack(
        "daemon by double fork and setsid",
        """
import time
try:
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for number in range(3): os.close(number)
            time.sleep(60)
        os._exit(0)
except OSError as error:
    print(error)
""",
    ),
    Attack(
        "daemon that keeps the pipes open and writes later",
        """
import time
try:
    if os.fork() == 0:
        os.setsid()
        while True:
            time.sleep(0.05)
            os.write(1, b"BREACH late\\n"); os.write(4, b"late")
except OSError as error:
    print(error)
""",
    ),
    Attack(
        "fork by every call there is",
        """
for number, name in ((57, "fork"), (58, "vfork"), (56, "clone"), (435, "clone3")):
    if os.uname().machine != "x86_64": break
    if name == "vfork": continue
    try:
        buffer = ctypes.create_string_buffer(88)
        pid = call(number, 17, 0, 0, 0, 0) if name == "clone" else call(number, buffer, 88) if name == "clone3" else call(number)
        if pid == 0:
            import time; time.sleep(60)
        print(name, "->", pid)
    except OSError as error:
        print(name, error)
""",
    ),
    Attack(
        "clone as a sibling of the zygote's children",
        """
CLONE_PARENT, CLONE_PTRACE, CLONE_UNTRACED = 0x8000, 0x2000, 0x800000
for flag in (CLONE_PARENT, CLONE_PTRACE, CLONE_PARENT | CLONE_UNTRACED):
    try:
        pid = call(56, flag | 17, 0, 0, 0, 0)
        if pid == 0: os._exit(0)
        breach(f"clone {flag:x}")
    except OSError as error:
        print(error)
""",
    ),
    Attack(
        "new namespaces for a fresh start",
        """
for name, flag in dict(user=0x10000000, mount=0x20000, pid=0x20000000, net=0x40000000, ipc=0x08000000, uts=0x04000000, cgroup=0x02000000, time=0x80).items():
    refused("unshare " + name, lambda: call(272, flag))
    def cloned():
        pid = call(56, flag | 17, 0, 0, 0, 0)
        if pid == 0: os._exit(0)
        return pid
    if name != "time":  # in clone(2) that bit is part of the exit signal
        refused("clone " + name, cloned)
for number in range(0, 30):
    try: call(308, number, 0)
    except OSError: continue
    breach(f"setns {number}")
""",
    ),
    Attack(
        "signal everyone",
        """
import signal
if BAIT["level"] != "namespaces":
    refused("all", lambda: os.kill(-1, 0))
    refused("parent", lambda: os.kill(os.getppid(), 0))
for target in (BAIT["pid"], BAIT["zygote"], BAIT["parent"]):
    refused(target, lambda: os.kill(target, 0))
    refused(target, lambda: os.kill(target, signal.SIGKILL))
try: os.kill(-1, signal.SIGKILL)
except OSError as error: print(error)
try: os.kill(os.getppid(), signal.SIGKILL)
except OSError as error: print(error)
""",
    ),
    Attack(
        "kill the process group",
        "import signal\nos.kill(0, signal.SIGKILL)\n",
    ),
    Attack(
        "signal by queue, thread and pidfd",
        """
info = ctypes.create_string_buffer(128)
for target in (BAIT["pid"], BAIT["zygote"], BAIT["parent"]):
    refused("sigqueue", lambda: call(129, target, 9, info))
    refused("tgsigqueue", lambda: call(297, target, target, 9, info))
    refused("tgkill", lambda: call(234, target, target, 9))
    refused("tkill", lambda: call(200, target, 9))
    refused("pidfd", lambda: os.pidfd_open(target))
""",
    ),
    Attack(
        "kill by F_SETOWN, F_SETSIG and O_ASYNC",
        """
import fcntl
reader, writer = os.pipe()
for target in (BAIT["pid"], BAIT["zygote"], os.getppid() or 1):
    refused("setown", lambda: fcntl.fcntl(reader, 8, target))
    refused("setsig", lambda: fcntl.fcntl(reader, 10, 9))
    refused("setown_ex", lambda: fcntl.fcntl(reader, 15, b"\\1\\0\\0\\0" + target.to_bytes(4, "little")))
try: fcntl.fcntl(reader, fcntl.F_SETFL, os.O_ASYNC); os.write(writer, b"x")
except OSError as error: print(error)
refused("fiosetown", lambda: fcntl.ioctl(reader, 0x8901, target.to_bytes(4, "little")))
""",
    ),
    Attack(
        "trace and read other processes",
        """
for target in {BAIT["pid"], BAIT["zygote"], BAIT["parent"], 1, os.getppid()}:
    for request in (16, 0x4206):
        refused(f"ptrace {target}", lambda: call(101, request, target, 0, 0))
    vector = (ctypes.c_ulong * 2)(0, 8)
    refused("vm_readv", lambda: call(310, target, vector, 1, vector, 1, 0))
    refused("vm_writev", lambda: call(311, target, vector, 1, vector, 1, 0))
    refused("kcmp", lambda: call(312, os.getpid(), target, 0, 0, 0))
refused("traceme", lambda: call(101, 0, 0, 0, 0))
refused("pidfd_getfd", lambda: call(438, 0, 0, 0))
refused("process_madvise", lambda: call(440, 0, 0, 0, 0, 0))
""",
    ),
    Attack(
        "change others' limits, priority, affinity",
        """
import resource
for target in (BAIT["pid"], BAIT["zygote"]):
    refused("prlimit", lambda: resource.prlimit(target, resource.RLIMIT_CPU, (1, 1)))
refused("priority", lambda: os.setpriority(os.PRIO_USER, 0, 19))
refused("priority", lambda: os.setpriority(os.PRIO_PROCESS, BAIT["pid"], 19))
refused("affinity", lambda: os.sched_setaffinity(BAIT["pid"], {0}))
refused("affinity of itself", lambda: os.sched_setaffinity(0, {0}))
refused("scheduler", lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1)))
refused("ioprio", lambda: call(251, 1, 0, 0))
""",
    ),
    Attack(
        "raise its own limits",
        """
import resource
for name in ("AS", "CPU", "FSIZE", "NOFILE", "STACK", "CORE", "MEMLOCK"):
    which = getattr(resource, "RLIMIT_" + name)
    soft, hard = resource.getrlimit(which)
    refused(name, lambda: resource.setrlimit(which, (hard + 1, hard + 1)))
    refused(name, lambda: resource.setrlimit(which, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)))
refused("mlockall", lambda: call(151, 3))
""",
    ),
    Attack(
        "become someone else",
        """
for attempt in (lambda: os.setuid(0), lambda: os.setgid(0), lambda: os.setresuid(0, 0, 0), lambda: os.setgroups([0]), lambda: os.setreuid(0, 0),
                lambda: call(122, 0) if call(122, 0) != 0 else 0, lambda: call(126, b"\\x22\\x05\\x08\\x20" + bytes(4), b"\\xff" * 24)):
    try:
        value = attempt()
        if os.getuid() == 0: breach("uid 0")
    except OSError as error:
        print(error)
def capabilities():
    header, data = ctypes.create_string_buffer(b"\\x22\\x05\\x08\\x20" + bytes(4), 8), ctypes.create_string_buffer(24)
    call(125, header, data)
    return data.raw
if any(capabilities()): breach(capabilities())
refused("ambient", lambda: call(157, 47, 2, 21, 0, 0))
""",
        ends=ANY,
    ),
    Attack(
        "run another program",
        """
import subprocess
for path in ("/bin/sh", "/usr/bin/env", sys.executable, "/bin/true"):
    refused(path, lambda: os.execv(path, [path]))
refused("subprocess", lambda: subprocess.run(["/bin/true"]))
refused("spawn", lambda: os.posix_spawn("/bin/true", ["true"], {}))
refused("fexecve", lambda: call(322, 0, b"", None, None, 0x1000))
if os.system("true") == 0: breach("system")
""",
        limits=Limits(wall_s=3.0),
    ),
    Attack(
        "kill the zygote's parent by exiting oddly",
        "import signal\nos.kill(os.getpid(), signal.SIGKILL)\nos.abort()\n",
    ),
    Attack(
        "stop instead of ending",
        "import signal\nos.kill(os.getpid(), signal.SIGSTOP)\nimport time\ntime.sleep(30)",
        limits=SOON,
    ),
    Attack(
        "survive every signal",
        """
import signal
for number in range(1, 65):
    try: signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError): pass
try:
    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
except (OSError, ValueError): pass
while True: pass
""",
        limits=SOON,
        ends=TIMEOUT,
    ),
    Attack(
        "undo dying with the parent",
        """
try: call(157, 1, 0, 0, 0, 0)
except OSError as error: print(error)
else:
    if BAIT["level"] != "namespaces": breach("PDEATHSIG cleared")
refused("subreaper", lambda: call(157, 36, 1, 0, 0, 0))
refused("seccomp listener", lambda: call(317, 1, 8, 0))
refused("ptracer", lambda: call(157, 0x59616D61, BAIT["pid"], 0, 0, 0))
""",
    ),
    Attack(
        "thread that outlives the program",
        """
import threading
def later():
    while True: pass
threading.Thread(target=later, daemon=True).start()
""",
    ),
    Attack(
        "exit functions that never end",
        "import atexit, time\natexit.register(lambda: time.sleep(60))\n",
        limits=SOON,
        ends=TIMEOUT,
    ),
]
