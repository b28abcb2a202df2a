"""Process 0 of a zygote: builds the walls, forks the zygote proper, then keeps its box clean.

It never reads a job's data. The order matters: trusted modules are loaded while files can still
be read, then the walls go up, and only then does a job exist.
"""

from __future__ import annotations

import json
import os
import sys
import types

from . import calls, emptying, filters, landlock, layout, namespaces, stdlib
from .settings import CONTROL, FROM_CLEANER, TO_CLEANER, Settings, parse_settings

_HOME = os.path.dirname(os.path.dirname(__file__))
_CLEAN_ENVIRONMENT = ("PATH", "LANG")
_MESSAGE_BYTES = 1 << 16
_SYSTEM = (
    "/usr",
    "/bin",
    "/lib",
    "/lib64",
    "/etc/ld.so.cache",
    "/etc/alternatives",
    "/etc/ssl/openssl.cnf",
)
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/urandom", "/dev/random")


def main(descriptor: int) -> None:
    """Serve jobs on the socket `descriptor` until it is closed. Never returns."""
    _move(descriptor, CONTROL)
    settings = parse_settings(json.loads(os.read(CONTROL, _MESSAGE_BYTES)))
    with _reporting("loading modules"):
        serve = _load(settings)
        address_space = _address_space()
    with _reporting(f"building the walls of level {settings.level}"):
        readable = _open_readable(settings)
        _enter(settings)
        orders, answers = os.pipe(), os.pipe()
        pid = os.fork()
    if pid:
        os.close(orders[1])
        os.close(CONTROL)
        _keep_clean(orders[0], answers[1], settings, pid)
    _move(orders[1], TO_CLEANER)
    _move(answers[0], FROM_CLEANER)
    with _reporting("closing the walls"):
        serve.rehearse(settings)
        _close_walls(settings, readable)
        serve.settle()
    _tell({"ready": True, "address_space": address_space})
    serve.serve(settings)


def _move(descriptor: int, target: int) -> None:
    if descriptor != target:
        os.dup2(descriptor, target)
        os.close(descriptor)


def _tell(message: dict[str, object]) -> None:
    os.write(CONTROL, json.dumps(message).encode())


class _reporting:  # noqa: N801 (used as a statement)
    """Sends an escaping exception to the outside, with the step it happened in, and ends."""

    def __init__(self, step: str) -> None:
        self.step = step

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if error is not None:
            _report(self.step, error)


def _report(step: str, error: BaseException) -> None:
    number = error.errno if isinstance(error, OSError) else None
    why = error.strerror if isinstance(error, OSError) else f"{type(error).__name__}: {error}"
    _tell({"error": str(why), "errno": number, "step": step})
    os._exit(1)


def _load(settings: Settings) -> types.ModuleType:
    """Import what jobs will want, then leave no trace of ourselves in paths and modules.

    The zygote proper is loaded last, so that what runs at every job lies close together.
    """
    stdlib.load(stdlib.COMMON)
    before = [path for path in sys.path if path != _HOME]
    sys.path[:] = [*before, *settings.package_paths]
    for name in settings.preload:
        __import__(name)
    if _files_will_be_out_of_reach(settings):
        stdlib.load(stdlib.NEEDED_WITHOUT_FILES)
        for name in settings.preload:
            stdlib.load_package(name)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(0)
    sys.path[:] = before
    layout.fill_holes()
    from . import serve

    for name in [name for name in sys.modules if name.split(".")[0] == __name__.split(".")[0]]:
        del sys.modules[name]
    for name in [name for name in os.environ if name not in _CLEAN_ENVIRONMENT]:
        del os.environ[name]
    return serve


def _files_will_be_out_of_reach(settings: Settings) -> bool:
    """Without namespaces root becomes someone who cannot enter, say, /root, where Python may be."""
    if settings.has_namespaces or settings.level == "seccomp":
        return settings.level == "seccomp"
    paths = [os.path.dirname(os.__file__), *settings.package_paths]
    return os.geteuid() == 0 and not all(map(stdlib.others_can_read, paths))


def _address_space() -> int:
    """Bytes of address space in use, on top of which a job's memory budget counts."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")


def _open_readable(settings: Settings) -> list[int]:
    """O_PATH descriptors for Landlock, taken while everything can still be reached."""
    if settings.level != "landlock":
        return []
    paths = [*_SYSTEM, *settings.roots]
    return [os.open(path, os.O_PATH | os.O_CLOEXEC) for path in paths if os.path.exists(path)]


def _enter(settings: Settings) -> None:
    """The walls that process 0 shares; the rest is for the zygote alone (`_close_walls`)."""
    if settings.has_namespaces:
        namespaces.enter(settings.roots)
        namespaces.mount_box(size_bytes=settings.disk_bytes, inodes=settings.disk_files)
        home = namespaces.BOX
    else:
        if os.geteuid() == 0:
            namespaces.become(namespaces.UNUSED_ID)
        home = settings.box
    os.environ.update(HOME=home, TMPDIR=home)
    os.umask(0o022)


def _close_walls(settings: Settings, readable: list[int]) -> None:
    calls.die_with_parent()
    if os.getppid() == 1 and not settings.has_namespaces:
        os._exit(0)  # process 0 died before the line above
    os.setsid()
    if settings.level == "process":
        calls.adopt_orphans()
        return
    calls.forbid_new_privileges()
    if settings.has_namespaces:
        _landlock_new_root()
    elif settings.has_files:
        _landlock_old_root(settings, readable)
    program = filters.zygote_filter(settings.level, may_execute=settings.may_execute)
    calls.install_filter(program)


def _landlock_new_root() -> None:
    """A second lock on the same door; a kernel without Landlock still has the mounts."""
    try:
        paths = [os.open(path, os.O_PATH) for path in ("/", namespaces.HOLDER, "/dev")]
        landlock.restrict(readable=paths[:1], writable=paths[1:])
    except OSError:
        return
    for descriptor in paths:
        os.close(descriptor)


def _landlock_old_root(settings: Settings, readable: list[int]) -> None:
    writable = [os.open(path, os.O_PATH | os.O_CLOEXEC) for path in (settings.box, *_DEVICES)]
    landlock.restrict(readable=readable, writable=writable)
    for descriptor in (*readable, *writable):
        os.close(descriptor)


def _keep_clean(orders: int, answers: int, settings: Settings, pid: int) -> None:
    """Empty the box whenever the zygote asks; end when it ends. Never returns."""
    while request := os.read(orders, 64):
        size_bytes, inodes = (int(number) for number in request.split())
        try:
            if settings.has_namespaces:
                namespaces.empty_box(size_bytes=size_bytes, inodes=inodes)
            else:
                _empty_directory(settings.box)
        except OSError as error:
            os.write(answers, str(error).encode()[:200])
        else:
            os.write(answers, b"ok")
    os.waitpid(pid, 0)
    os._exit(0)


def _empty_directory(path: str) -> None:
    directory = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        emptying.empty(directory)
    finally:
        os.close(directory)
