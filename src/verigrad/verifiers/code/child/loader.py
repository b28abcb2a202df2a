"""The entry file of every job of ours: takes a program from descriptor 3 and runs its `main`.

Descriptor 3 carries sections (4 bytes of length, big-endian, then the bytes): the magic number of
the sender's Python, the program marshalled, the program's text, then `main`'s arguments. Compiled
code saves milliseconds; another Python version compiles the text.
"""

import marshal
import os
from _frozen_importlib_external import MAGIC_NUMBER  # pyright: ignore


def _sections():
    pieces = []
    while piece := os.read(3, 1 << 20):
        pieces.append(piece)
    data, sections, at = b"".join(pieces), [], 0
    while at < len(data):
        end = at + 4 + int.from_bytes(data[at : at + 4], "big")
        sections.append(data[at + 4 : end])
        at = end
    return sections


def _program(magic, code, text):
    if magic == MAGIC_NUMBER:
        return marshal.loads(code)  # noqa: S302 (written by our own side of the wall)
    return compile(text.decode(), "<verigrad>", "exec", dont_inherit=True)


def _start():
    magic, code, text, *arguments = _sections()
    space: dict = {"__name__": "verigrad_child"}
    exec(_program(magic, code, text), space)  # noqa: S102 (inside the sandbox; our own program)
    space["main"](*arguments)


if __name__ == "__main__":
    _start()
