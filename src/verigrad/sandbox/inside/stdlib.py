"""Standard library modules that programs want, loaded before the walls go up."""

from __future__ import annotations

import contextlib
import importlib
import os
import pkgutil

COMMON = """
    bisect collections copy functools heapq io itertools json math operator os random re string
    sys threading time types
"""

NEEDED_WITHOUT_FILES = """
    abc argparse array ast base64 binascii bisect bz2 calendar cmath codecs collections
    collections.abc concurrent.futures contextlib copy csv ctypes dataclasses datetime decimal
    difflib dis enum errno fnmatch fractions functools gc graphlib gzip hashlib heapq hmac html
    inspect io ipaddress itertools json keyword linecache locale logging lzma math numbers
    operator os pathlib pickle platform pprint queue random re reprlib sched secrets select
    selectors shlex signal stat statistics string struct sys textwrap threading time timeit
    token tokenize traceback types typing unicodedata unittest urllib.parse uuid warnings weakref
    zlib zoneinfo encodings.ascii encodings.latin_1 encodings.cp437 encodings.idna
    encodings.utf_16 encodings.utf_8_sig concurrent.futures.thread asyncio
"""


def load(names: str) -> None:
    """Import modules of the standard library; one that this interpreter lacks is left out."""
    for name in names.split():
        try:
            importlib.import_module(name)
        except ImportError:
            continue


_NOT_FOR_JOBS = {
    "tests", "testing", "benchmarks", "conftest", "f2py", "distutils", "plotting", "external",
    "pyinstaller", "typing", "parsing", "this", "physics", "codegen", "categories", "diffgeom",
    "liealgebras", "sandbox", "algebras", "holonomic",
}  # fmt: skip


def load_package(name: str) -> None:
    """Import all of a package's modules that a program may come to need, lazily or not."""
    package = importlib.import_module(name)
    for module in pkgutil.walk_packages(package.__path__, name + ".", onerror=lambda _: None):
        parts = module.name.split(".")
        if _NOT_FOR_JOBS.isdisjoint(parts) and parts[-1] != "__main__":
            with contextlib.suppress(Exception):
                importlib.import_module(module.name)


def others_can_read(path: str) -> bool:
    """Whether an ordinary user can reach `path`: every directory above it lets others through."""
    while path != "/":
        mode = os.stat(path).st_mode
        if not mode & 0o001:
            return False
        path = path.rpartition("/")[0] or "/"
    return True
