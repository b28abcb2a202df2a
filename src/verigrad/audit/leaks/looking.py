"""Runs inside the sandbox, as the policy's programs do: what can be seen from there?

Descriptor 3 gives the question as JSON, descriptor 4 takes the answer. Standard library only.
"""

import json
import os
import socket
import sys
import time
from pathlib import Path


def given_away(text, secrets):
    """Which secrets half of whose lines stand in `text`."""
    return [
        number
        for number, secret in enumerate(secrets)
        if sum(line in text for line in secret["lines"]) >= secret["needed"]
    ]


def text_of(path, most):
    """A file's text; empty where it cannot be read or is too large."""
    try:
        if os.path.isfile(path) and os.path.getsize(path) <= most:  # noqa: PTH113, PTH202
            return Path(path).read_bytes().decode("utf-8", "replace")
    except OSError:
        pass
    return ""


def search_roots(question):
    """(files read, hits, whether time or number ended it) below the places named."""
    looked_at, hits = 0, []
    end = time.monotonic() + question["seconds"]
    for root in question["roots"]:
        for path in files_below(root):
            if looked_at >= question["most_files"] or time.monotonic() > end:
                return looked_at, hits, True
            text = text_of(path, question["most_bytes"])
            looked_at += bool(text)
            hits += [[number, path] for number in given_away(text, question["secrets"])]
    return looked_at, hits, False


def files_below(root):
    """`root` itself, or every file below it but the interpreter's own."""
    if os.path.isfile(root):  # noqa: PTH113
        yield root
    own = {sys.prefix, sys.base_prefix, sys.base_exec_prefix}
    for top, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if os.path.join(top, name) not in own)  # noqa: PTH118
        for name in sorted(names):
            yield os.path.join(top, name)  # noqa: PTH118


def search_packages(question):
    """(files read, hits) among the modules that the tests ask, where Python would find them."""
    looked_at, hits = 0, []
    libraries = [path for path in sys.path if path]
    for prefix in {sys.prefix, sys.base_prefix}:
        version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
        libraries += [
            f"{prefix}/lib/{version}/{name}" for name in ("site-packages", "dist-packages")
        ]
    for library in dict.fromkeys(libraries):
        for module in question["modules"]:
            base = f"{library}/{module.replace('.', '/')}"
            for path in (f"{base}.py", f"{base}/__init__.py"):
                text = text_of(path, question["most_bytes"])
                looked_at += bool(text)
                hits += [[number, path] for number in given_away(text, question["secrets"])]
    return looked_at, hits


def reaches_out(port):
    """Whether a listener of the machine outside answers."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


def main():
    """Read the question, look, answer."""
    pieces = []
    while piece := os.read(3, 1 << 20):
        pieces.append(piece)
    question = json.loads(b"".join(pieces))
    answer = {
        "variables": dict(os.environ),
        "packages": search_packages(question),
        "roots": search_roots(question),
        "network": reaches_out(question["port"]),
    }
    body = json.dumps(answer).encode()
    while body:
        body = body[os.write(4, body) :]


if __name__ == "__main__":
    main()
