"""The strongest walls: own users, processes, mounts, network, IPC, host name and cgroup root.

The new root is a read-only tmpfs with read-only binds of the interpreter and the system's
libraries; there is no /proc and no /sys. Only `BOX` can be written, a tmpfs of limited size.
"""

from __future__ import annotations

import os

from . import calls

HOLDER = "/box"  # a Landlock rule for this directory covers whatever is mounted on `BOX`
BOX = "/box/tmp"
INSIDE_ID = 1000  # not 0: an exec by user 0 would get its capabilities back
UNUSED_ID = 65533  # what root becomes outside; no distribution gives it to anyone

_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc/alternatives")
_SYSTEM_FILES = ("/etc/ld.so.cache",)
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/urandom", "/dev/random")
_FILES = {
    "/etc/passwd": f"sandbox:x:{INSIDE_ID}:{INSIDE_ID}::{BOX}:/bin/false\n",
    "/etc/group": f"sandbox:x:{INSIDE_ID}:\n",
    "/etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
}
_LINKS = {"/dev/shm": BOX, "/var/tmp": BOX}  # noqa: S108 (names inside the new root)
_SPACES = (
    calls.CLONE_NEWUSER
    | calls.CLONE_NEWNS
    | calls.CLONE_NEWPID
    | calls.CLONE_NEWNET
    | calls.CLONE_NEWIPC
    | calls.CLONE_NEWUTS
    | calls.CLONE_NEWCGROUP
)
_OLD = "/.old"
_STAGE = "/tmp"  # noqa: S108 (any directory serves; the mount on it is seen by this process only)


def enter(roots: list[str]) -> None:
    """Move this (single-threaded) process into new namespaces and a new root.

    roots: further directories to show read-only at their own paths. The next child is process 1
    of the new process namespace. Raises OSError naming the step that failed.
    """
    own = os.open("/proc/self", os.O_PATH | os.O_DIRECTORY)
    was_root = os.geteuid() == 0
    if was_root:
        calls.unshare(calls.CLONE_NEWNS)
        _build_root(roots)
        become(UNUSED_ID)
    user, group = os.getuid(), os.getgid()
    calls.unshare(_SPACES)
    _write_below(own, "setgroups", "deny")
    _write_below(own, "uid_map", f"{INSIDE_ID} {user} 1")
    _write_below(own, "gid_map", f"{INSIDE_ID} {group} 1")
    os.close(own)
    if not was_root:
        _build_root(roots)
    calls.call("sethostname", b"sandbox", 7)


def become(identity: int) -> None:
    """Turn root into an ordinary user without groups."""
    os.setgroups([])
    os.setresgid(identity, identity, identity)
    os.setresuid(identity, identity, identity)
    calls.set_dumpable(1)  # else /proc/self belongs to root and the maps cannot be written


def mount_box(*, size_bytes: int, inodes: int) -> None:
    """An empty, size-limited file system at `BOX`, in place of the one there."""
    options = f"size={size_bytes},nr_inodes={inodes + 1},mode=700"
    flags = calls.MS_NOSUID | calls.MS_NODEV | calls.MS_NOATIME  # reading leaves no trace
    calls.mount("tmpfs", BOX, "tmpfs", flags=flags, options=options)


def empty_box(*, size_bytes: int, inodes: int) -> None:
    """Throw away `BOX` whole, whatever was put into it, and mount a new one."""
    calls.unmount(BOX)
    mount_box(size_bytes=size_bytes, inodes=inodes)


def _write_below(directory: int, name: str, text: str) -> None:
    try:
        descriptor = os.open(name, os.O_WRONLY, dir_fd=directory)
        try:
            os.write(descriptor, text.encode())
        finally:
            os.close(descriptor)
    except OSError as error:
        raise OSError(error.errno, f"/proc/self/{name}: {error.strerror}") from None


def _build_root(roots: list[str]) -> None:
    """Pivot into a fresh tmpfs that shows only what a job may read."""
    calls.mount("", "/", "", flags=calls.MS_REC | calls.MS_PRIVATE)
    calls.mount("tmpfs", _STAGE, "tmpfs", flags=calls.MS_NOSUID, options="size=1m,mode=755")
    os.mkdir(_STAGE + _OLD, 0o700)
    calls.pivot_root(_STAGE, _STAGE + _OLD)
    os.chdir("/")
    for path in _without_nested([*_SYSTEM, *roots]):
        _show(path, device=False)
    for path in _SYSTEM_FILES:
        _show(path, device=False)
    for path in _DEVICES:
        _show(path, device=True)
    for path, text in _FILES.items():
        _write_file(path, text)
    _make_directory(BOX)
    for path, target in _LINKS.items():
        _make_directory(_parent(path))
        os.symlink(target, path)
    if not os.path.lexists("/tmp"):  # noqa: S108 (a virtual environment may live there)
        os.symlink(BOX, "/tmp")  # noqa: S108
    calls.unmount(_OLD)
    os.rmdir(_OLD)
    calls.restrict_mount("/", calls.ATTR_RDONLY | calls.ATTR_NODEV, recursive=False)


def _without_nested(paths: list[str]) -> list[str]:
    """The paths, less those below another: `["/usr", "/usr/lib/x"]` gives `["/usr"]`."""
    kept: list[str] = []
    for path in sorted(set(paths), key=len):
        if not any(path.startswith(other + "/") for other in kept):
            kept.append(path)
    return kept


def _show(path: str, *, device: bool) -> None:
    """Bind the old root's `path` at the same place, read-only; links are copied as links."""
    old = _OLD + path
    if os.path.islink(old):
        _make_directory(_parent(path))
        os.symlink(os.readlink(old), path)
        return
    if not os.path.lexists(old):
        return
    if os.path.isdir(old):
        _make_directory(path)
    else:
        _write_file(path, "")
    calls.mount(old, path, "", flags=calls.MS_BIND | calls.MS_REC)
    attributes = calls.ATTR_RDONLY | calls.ATTR_NOSUID
    attributes |= calls.ATTR_NOEXEC if device else calls.ATTR_NODEV
    calls.restrict_mount(path, attributes, recursive=True)


def _parent(path: str) -> str:
    return path.rpartition("/")[0] or "/"


def _make_directory(path: str) -> None:
    os.makedirs(path, mode=0o755, exist_ok=True)


def _write_file(path: str, text: str) -> None:
    _make_directory(_parent(path))
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
