"""Read what a job wrote to its message descriptor: an exact number of frames and nothing else.

A frame is `<nonce> <index> <length>` and a line feed, then `length` bytes of JSON. The reader is
ours, bounded, and builds no hash table from what it reads: JSON objects, NaN and infinities are
refused.
"""

from __future__ import annotations

import json
from typing import Any, NoReturn

MAX_HEADER = 80


class BadFrames(ValueError):  # noqa: N818 (what was found, in the words of the format)
    """The bytes are not exactly the frames that were due."""


def _refuse(found: object) -> NoReturn:
    raise BadFrames(f"{str(found)[:40]!r} is not allowed in a frame")


_DECODER = json.JSONDecoder(object_pairs_hook=_refuse, parse_constant=_refuse)


def parse_json(text: str) -> Any:
    """JSON without objects, NaN or infinities; BadFrames otherwise.

    >>> parse_json('["l", 1, 2.0]')
    ['l', 1, 2.0]
    """
    try:
        return _DECODER.decode(text)
    except (ValueError, RecursionError) as error:
        raise BadFrames(str(error)[:200]) from None


def read_frames(data: bytes, *, nonce: str, count: int) -> list[Any]:
    r"""The JSON of at most `count` frames, in order from 0; BadFrames for anything else.

    Fewer frames than `count` is the caller's to judge (the job may have ended early); a byte too
    many, a wrong nonce or index is refused here.

    >>> read_frames(b"ab 0 1\n7", nonce="ab", count=1)
    [7]
    """
    frames: list[Any] = []
    at = 0
    while at < len(data):
        index = len(frames)
        end = data.find(b"\n", at, at + MAX_HEADER)
        parts = data[at:end].split(b" ") if end >= 0 else []
        if index >= count or parts[:2] != [nonce.encode(), str(index).encode()]:
            raise BadFrames("something else than the frame that was due")
        length = _length(parts)
        body = data[end + 1 : end + 1 + length]
        if len(body) != length:
            raise BadFrames("a frame is cut short")
        frames.append(parse_json(_text(body)))
        at = end + 1 + length
    return frames


def _length(parts: list[bytes]) -> int:
    if len(parts) != 3 or not parts[2].isdigit() or len(parts[2]) > 9:
        raise BadFrames("a frame's length is no number")
    return int(parts[2])


def _text(body: bytes) -> str:
    try:
        return body.decode("ascii")
    except UnicodeDecodeError:
        raise BadFrames("a frame holds bytes beyond ASCII") from None
