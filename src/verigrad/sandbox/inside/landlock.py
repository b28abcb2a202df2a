"""Landlock: this process and its children may touch only named trees, no TCP, no outside signal.

Found out by trying: some kernels report an ABI whose every part they do not have.
"""

from __future__ import annotations

import ctypes
import errno
import os
import stat
import struct
from collections.abc import Sequence

from .calls import call

_EXECUTE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 2, 1 << 3
_ALL_FILES = (1 << 13) - 1
_REFER, _TRUNCATE, _IOCTL_DEVICE = 1 << 13, 1 << 14, 1 << 15
_MAKE_DEVICES = 1 << 6 | 1 << 11
_TCP = 3
_SCOPES = 3  # abstract unix sockets and signals
_RULE_PATH_BENEATH = 1
_MINIMUM_ABI = 3  # without LANDLOCK_ACCESS_FS_TRUNCATE a readable file could be emptied

_FILE_RIGHTS = _EXECUTE | 1 << 1 | _READ_FILE | _TRUNCATE
_READ = _EXECUTE | _READ_FILE | _READ_DIR


def _ruleset(files: int, network: int, scopes: int) -> int:
    attributes = struct.pack("<QQQ", files, network, scopes)
    while attributes.endswith(bytes(8)) and len(attributes) > 8:
        attributes = attributes[:-8]
    buffer = ctypes.create_string_buffer(attributes, len(attributes))
    return call("landlock_create_ruleset", buffer, len(attributes), 0)


def _strongest() -> tuple[int, int]:
    """A new ruleset of all that this kernel can refuse, and its file rights."""
    base = _ALL_FILES | _REFER | _TRUNCATE
    choices = (
        (base | _IOCTL_DEVICE, _TCP, _SCOPES),
        (base | _IOCTL_DEVICE, _TCP, 0),
        (base, _TCP, 0),
        (base, 0, 0),
    )
    for files, network, scopes in choices:
        try:
            return _ruleset(files, network, scopes), files
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.E2BIG):
                raise
    raise OSError(errno.EOPNOTSUPP, f"Landlock is older than ABI {_MINIMUM_ABI}")


def _allow(ruleset: int, descriptor: int, rights: int) -> None:
    if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
        rights &= _FILE_RIGHTS
    rule = struct.pack("<Qi", rights, descriptor)
    buffer = ctypes.create_string_buffer(rule, len(rule))
    call("landlock_add_rule", ruleset, _RULE_PATH_BENEATH, buffer, 0)


def restrict(*, readable: Sequence[int], writable: Sequence[int]) -> None:
    """Confine for good to the trees below these O_PATH files and directories (needs no_new_privs).

    readable: read, list and execute. writable: everything but making device files.
    """
    ruleset, files = _strongest()
    for descriptor in readable:
        _allow(ruleset, descriptor, _READ)
    for descriptor in writable:
        _allow(ruleset, descriptor, files & ~_MAKE_DEVICES)
    call("landlock_restrict_self", ruleset, 0)
    os.close(ruleset)
