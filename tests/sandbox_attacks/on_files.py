"""Attacks on files: reading secrets, writing outside, links, poison for later jobs, filling disks."""

from sandbox_attacks.attack import ANY, QUICK, Attack
from verigrad.sandbox import Limits, Status

SMALL_DISK = Limits(wall_s=3.0, disk_mb=4, disk_files=100)
DISK_ENDS = frozenset({Status.DISK_LIMIT, Status.EXITED, Status.SIGNALLED})

ATTACKS = [
    Attack("read the canary", 'refused("read", lambda: open(BAIT["canary"]).read())'),
    Attack(
        "read accounts, keys, homes",
        """
for path in ("/etc/shadow", "/root/.bashrc", "/root/.ssh", "/home", "/etc/hostname", "/etc/machine-id", "/var/log", "/sys", "/boot",
             "/proc/1/environ", "/proc/self/environ", "/proc/self/mem", "/proc/self/maps", "/proc/kcore", "/dev/mem", "/dev/vda", "/dev/kmsg"):
    refused(path, lambda: os.listdir(path) if os.path.isdir(path) else os.open(path, os.O_RDONLY))
""",
    ),
    Attack(
        "write, append, truncate, remove, rename the canary",
        """
path = BAIT["canary"]
for flags in (os.O_WRONLY, os.O_RDWR, os.O_WRONLY | os.O_APPEND, os.O_WRONLY | os.O_TRUNC, os.O_RDONLY | os.O_TRUNC):
    refused(f"open {flags}", lambda: os.open(path, flags))
refused("truncate", lambda: os.truncate(path, 0))
refused("unlink", lambda: os.unlink(path))
refused("rename", lambda: os.rename(path, path + ".moved"))
refused("replace", lambda: os.replace("own", path))
refused("sibling", lambda: os.open(path + ".new", os.O_CREAT | os.O_WRONLY))
""",
    ),
    Attack(
        "change the canary's mode, owner, times and attributes",
        """
path = BAIT["canary"]
refused("chmod", lambda: os.chmod(path, 0o777))
refused("chown", lambda: os.chown(path, 0, 0))
refused("utime", lambda: os.utime(path, (1, 1)))
refused("setxattr", lambda: os.setxattr(path, "user.x", b"1"))
refused("lchown", lambda: os.lchown(path, os.getuid(), os.getgid()))
""",
    ),
    Attack(
        "reach the canary through links",
        """
path = BAIT["canary"]
def through_symlink():
    os.symlink(path, "link"); return open("link").read()
def through_directory():
    os.symlink(os.path.dirname(path), "folder"); return os.listdir("folder")
refused("symlink", through_symlink)
refused("folder", through_directory)
refused("hardlink", lambda: os.link(path, "hard"))
refused("dot dot", lambda: open("../" * 20 + path.lstrip("/")).read())
refused("root link", lambda: (os.symlink("/", "slash"), open("slash" + path).read()))
""",
    ),
    Attack(
        "reach the canary by descriptor tricks",
        """
path = BAIT["canary"].encode()
AT_FDCWD = -100
refused("openat2", lambda: call(437, AT_FDCWD, path, ctypes.create_string_buffer(24), 24))
refused("open_by_handle_at", lambda: call(304, AT_FDCWD, ctypes.create_string_buffer(128), 0))
refused("name_to_handle_at", lambda: call(303, AT_FDCWD, path, ctypes.create_string_buffer(128), ctypes.create_string_buffer(8), 0))
refused("open_tree", lambda: call(428, AT_FDCWD, path, 0))
refused("O_PATH and read", lambda: os.read(os.open(path, os.O_PATH), 10))
refused("fchdir up", lambda: (os.fchdir(os.open("/", os.O_RDONLY)), open(path[1:]).read())[1])
""",
    ),
    Attack(
        "poison the interpreter for later jobs",
        """
import json as module
for path in (module.__file__, os.path.dirname(module.__file__) + "/sitecustomize.py", "/usr/lib/evil.py", "/etc/ld.so.preload", "/evil", "/box/evil", "/dev/evil"):
    refused(path, lambda: os.open(path, os.O_WRONLY | os.O_CREAT))
refused("stdlib unlink", lambda: os.unlink(module.__file__))
refused("remount", lambda: call(165, b"none", b"/", None, 32 | 4096, None))
""",
    ),
    Attack(
        "poison the device nodes",
        """
for path in ("/dev/null", "/dev/zero", "/dev/urandom"):
    refused("chmod " + path, lambda: os.chmod(path, 0))
    refused("unlink " + path, lambda: os.unlink(path))
    refused("rename " + path, lambda: os.rename(path, "/dev/x"))
for path in ("/dev/tty", "/dev/console", "/dev/ptmx", "/dev/fuse", "/dev/kvm", "/dev/net/tun", "/dev/loop0", "/dev/shm/other", "/dev/vsock", "/dev/rtc"):
    refused(path, lambda: os.open(path, os.O_RDWR))
""",
    ),
    Attack(
        "leave a file for the next job",
        """
try:
    open("left-behind", "w").write("expected outputs: 42"); os.mkdir("left"); open("left/.hidden", "w").write("x")
    os.chmod("left", 0); os.chmod(".", 0o777)
except OSError as error:
    print(error)
""",
    ),
    Attack(
        "find what an earlier job left",
        """
try:
    found = os.listdir(".")
except OSError:
    found = []
if found:
    breach(found)
""",
    ),
    Attack(
        "leave files in shared places",
        """
for folder in ("/tmp", "/var/tmp", "/dev/shm", "/run", "/run/lock", "/var/crash", "/home"):
    try:
        open(folder + "/verigrad-left-behind", "w").write("x")
    except OSError as error:
        print(folder, error)
""",
    ),
    Attack(
        "fill the disk",
        """
try:
    with open("big", "wb") as file:
        for _ in range(100000): file.write(b"x" * 65536)
    breach("wrote 6 GB")
except OSError as error:
    sys.exit(str(error))
""",
        limits=SMALL_DISK,
        ends=DISK_ENDS,
    ),
    Attack(
        "fill the disk with many files",
        """
try:
    for number in range(3000):
        with open(f"f{number}", "wb") as file: file.write(b"x" * 4000)
    import time
    time.sleep(0.2)
    if number > 1000: breach(f"{number} files")
except OSError as error:
    sys.exit(str(error))
""",
        limits=SMALL_DISK,
        ends=DISK_ENDS,
    ),
    Attack(
        "one huge sparse file",
        """
def sparse():
    with open("sparse", "wb") as file:
        file.truncate(10 << 40)
    return os.stat("sparse").st_size
try:
    print(sparse()); breach("10 TB")
except OSError as error:
    print(error)
refused("fallocate", lambda: os.posix_fallocate(os.open("f", os.O_CREAT | os.O_RDWR), 0, 1 << 40))
""",
        limits=SMALL_DISK,
    ),
    Attack(
        "a directory too deep to remove",
        """
try:
    for depth in range(2000):
        os.mkdir("d" * 100); os.chdir("d" * 100)
except OSError as error:
    print(depth, error)
""",
        limits=SMALL_DISK,
    ),
    Attack(
        "odd names and no rights",
        r"""
try:
    for name in (b"\xff\xfe", b"a\nb", b"-rf", b" ", b"\x1b[2J", "é".encode() * 60):
        os.mkdir(name, 0)
        try: os.symlink(b"/", name + b".link")
        except OSError as error: print(error)
except OSError as error:
    print(error)
""",
    ),
    Attack(
        "keep the working directory's entry",
        """
try:
    os.mkdir("x"); os.chdir("x"); os.rmdir(os.getcwd())
    refused("create in a removed directory", lambda: open("y", "w"))
    os.rename(BAIT["box"], BAIT["box"] + "2")
    breach("moved the box")
except OSError as error:
    print(error)
""",
        ends=ANY,
    ),
    Attack(
        "overwrite the reply by a symlink named like an output",
        """
try:
    for name in ("stdout", "output.txt", "result.json", ".program", "main.py"):
        os.symlink(BAIT["canary"], name)
except OSError as error:
    print(error)
""",
        limits=QUICK,
    ),
]
