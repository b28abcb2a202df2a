"""Where the interpreter puts objects, arranged so that a fork has few pages to copy.

What a zygote and its jobs write to (if only reference counts) is copied page by page, which costs
more than all else. The interpreter's allocator fills holes wherever there are some; so before our
own modules are loaded the holes are filled, and what runs at every job lies close together.
"""

from __future__ import annotations

_POOL = 1 << 14  # bytes that the allocator (pymalloc, 3.10 and later) gives to one size at a time
_POOL_HEADER = 48
_SIZES = range(16, 513, 16)
_MOST = 1 << 14  # of one size, lest another allocator keep us here forever


_fillers: list[object] = []


def fill_holes() -> None:
    """Fill the partly used pools of every size for good, so that what comes next lies together.

    Harmless where the allocator is another: a few thousand small objects.
    """
    for size in _SIZES:
        for _ in range(_MOST):
            filler = _object_of(size)
            if id(filler) % _POOL == _POOL_HEADER:  # the first of a fresh pool: no hole was left
                break
            _fillers.append(filler)


def _object_of(size: int) -> object:
    """Something of the allocator's size class `size`, without garbage collection."""
    if size == 16:
        return object()
    if size == 32:
        return float(size)
    return bytes(size - 33)  # the header of bytes, with its final zero, takes 33
