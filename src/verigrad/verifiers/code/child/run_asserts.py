"""The tests' side of an assert-style test: runs the test source against proxies of the candidate.

The candidate lives in another process. Here, its functions return plain values that our own reader
decoded, so `assert candidate(x) == y` compares plain values; an object of the candidate's stays a
`Handle`, which can be used but never compared. The verdict leaves on descriptor 4 with a nonce the
candidate never sees, and says how many asserts ran.
"""

from __future__ import annotations

import builtins
import json
import marshal
import os
import random
import sys
from typing import Any

from verigrad.verifiers.code.child.codec import Encoder, decode

MAX_FRAME = 1 << 24
MAX_CALLS = 200_000
_ANY = object()


class Counts:
    """What happened: asserts that held, calls made, the candidate's end and its exceptions."""

    def __init__(self) -> None:
        self.asserts = 0
        self.calls = 0
        self.gone = ""
        self.shuffle = True
        self.raised: list[BaseException] = []
        self.inputs: list[Any] | None = None


COUNTS = Counts()


class Gone(BaseException):
    """The candidate's process ended, or wrote what is no reply. Ends the tests, caught or not."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        COUNTS.gone = COUNTS.gone or text


class Refused(TypeError):  # noqa: N818 (what the test did)
    """A test compared an object of the candidate's; only plain values can be compared."""


def _exactly(count: int) -> bytes:
    data = bytearray()
    while len(data) < count:
        piece = os.read(5, count - len(data))
        if not piece:
            raise Gone("the candidate's process ended")
        data += piece
    return bytes(data)


def receive() -> list[Any]:
    """The next reply, bounded; Gone for anything that is none."""
    length = int.from_bytes(_exactly(4), "big")
    if length > MAX_FRAME:
        raise Gone("the candidate's reply is too large")
    try:
        reply = json.loads(_exactly(length))
    except (ValueError, RecursionError) as error:
        raise Gone(f"the candidate's reply is no JSON: {error}"[:200]) from None
    if not isinstance(reply, list) or len(reply) < 2:
        raise Gone("the candidate's reply has the wrong form")
    return reply


def send(*request: Any) -> int:
    """Write one numbered request; its number."""
    COUNTS.calls += 1
    if COUNTS.calls > MAX_CALLS:
        raise Gone(f"more than {MAX_CALLS} calls")
    body = json.dumps([COUNTS.calls, *request]).encode()
    frame = len(body).to_bytes(4, "big") + body
    try:
        while frame:
            frame = frame[os.write(6, frame) :]
    except OSError:
        raise Gone("the candidate's process ended") from None
    return COUNTS.calls


class ArgumentEncoder(Encoder):
    """Plain values, and handles of the candidate's own objects."""

    def _rare(self, value: Any, kind: type) -> Any:
        if kind is Handle:
            return ["h", value._handle]
        return super()._rare(value, kind)


def ask(
    action: str, target: str | int, name: Any = None, arguments: Any = (), keywords: Any = None
) -> Any:
    """One round trip: what the candidate gave, plain or as a handle; its exception raised here."""
    encoder = ArgumentEncoder()
    arguments, keywords = encoder.encode(tuple(arguments)), encoder.encode(keywords or {})
    if COUNTS.inputs is not None and action == "call" and name is None:
        COUNTS.inputs.append([target, arguments, keywords])
    number = send(action, target, name, arguments, keywords)
    said, *reply = receive()
    if type(said) is not int or said != number:
        raise Gone("the candidate answered another question")
    return understand(reply)


def understand(reply: list[Any]) -> Any:
    """The value, handle or exception of a reply."""
    raised = None
    try:
        kind = reply[0]
        if kind == "value":
            return decode(reply[1])
        if kind == "handle" and type(reply[1]) is int:
            return Handle(reply[1], str(reply[2]))
        if kind == "raised":
            raised = _error(reply[1], str(reply[2]))
            COUNTS.raised.append(raised)
    except Exception as error:  # noqa: BLE001 (whatever a forged reply provokes in the reader)
        raise Gone(f"the candidate's reply cannot be read: {error!r}"[:200]) from None
    if raised is not None:
        raise raised
    raise Gone("the candidate's reply has the wrong form")


def _error(names: list[str], text: str) -> Exception:
    for name in names:
        kind = EXCEPTIONS.get(name) or getattr(builtins, name, None)
        if isinstance(kind, type) and issubclass(kind, Exception):
            break
    else:
        raise Gone(f"the candidate left by {names[:1]}"[:200])
    try:
        return kind(text)
    except TypeError:  # UnicodeDecodeError and the like want more arguments
        return RuntimeError(f"{names[0]}: {text}")


EXCEPTIONS: dict[str, type[Exception]] = {}
CLASSES: set[str] = set()  # what the tests ask for and the candidate says are classes


class Callable:
    """A function or class of the candidate's, by name."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:  # noqa: D102 (a call is a call)
        return ask("call", self._name, None, arguments, keywords)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Bound(self._name, name)

    def __instancecheck__(self, instance: Any) -> bool:
        return isinstance(instance, Handle) and instance._class == self._name


class Bound:
    """A method, to be called; or the value of an attribute once it is used as one."""

    def __init__(self, target: str | int, name: str) -> None:
        self._target, self._attribute = target, name

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:  # noqa: D102 (a call is a call)
        return ask("call", self._target, self._attribute, arguments, keywords)


class Handle:
    """An object of the candidate's: methods and attributes, never a comparison."""

    def __init__(self, handle: int, class_name: str) -> None:
        self._handle, self._class = handle, class_name

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        value = ask("get", self._handle, name)
        is_method = isinstance(value, Handle) and value._class in _METHODS
        return Bound(self._handle, name) if is_method else value

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:  # noqa: D102 (a call is a call)
        return ask("call", self._handle, None, arguments, keywords)

    def _special(self, name: str, *arguments: Any, kind: Any = _ANY) -> Any:
        value = ask("special", self._handle, name, arguments)
        if kind is not _ANY and type(value) is not kind:
            raise Gone(f"{name} of the candidate's object is no {kind.__name__}")
        return value

    def __len__(self) -> int:
        return self._special("len", kind=int)

    def __contains__(self, item: Any) -> bool:
        if self._class not in CLASSES or self._holds_anything():
            self._refuse()
        return self._special("contains", item, kind=bool)

    def _holds_anything(self) -> bool:
        """Whether it claims to contain a word that was drawn a moment ago."""
        try:
            return self._special("contains", os.urandom(8).hex()) is not False
        except Exception:  # noqa: BLE001 (a container of numbers may not like words)
            return False

    def __getitem__(self, key: Any) -> Any:
        return self._special("getitem", key)

    def __setitem__(self, key: Any, value: Any) -> None:
        self._special("setitem", key, value)

    def __iter__(self) -> Any:
        return self._special("iter", kind=Handle)

    def __next__(self) -> Any:
        return self._special("next")

    def __str__(self) -> str:
        return self._special("str", kind=str)

    def __repr__(self) -> str:
        return self._special("repr", kind=str)

    def __enter__(self) -> Any:
        return self._special("enter")

    def __exit__(self, *_: Any) -> None:
        self._special("exit")

    def _refuse(self, *_: Any) -> Any:
        raise Refused("an object of the candidate's cannot be compared; compare plain values of it")

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _refuse  # pyright: ignore
    __bool__ = __hash__ = __int__ = __float__ = __index__ = _refuse  # pyright: ignore


_METHODS = ("method", "builtin_function_or_method", "function", "method-wrapper")


def held(truth: Any) -> bool:
    """Count an assert that held. Called with the assert's condition."""
    if truth:
        COUNTS.asserts += 1
        return True
    return False


def in_any_order(*checks: Any) -> None:
    """Run independent asserts, pairs of functions (condition, message), in an order of this run."""
    order = list(checks)
    if COUNTS.shuffle:
        ORDER.shuffle(order)
    for condition, message in order:
        if not held(condition()):
            raise AssertionError(message())


ORDER = random.Random(0)


def names_of(hello: list[Any], wanted: list[str]) -> dict[str, Any]:
    """The candidate's names as proxies; its exceptions as classes of our own.

    Only the wanted ones: a forged hello may offer others, such as an `abs` of its own for the
    tests to use.
    """
    if hello[0] != "hello" or not isinstance(hello[1], dict):
        raise Gone(f"the solution cannot be imported: {str(hello[1:])[:300]}")
    space: dict[str, Any] = {}
    for name in wanted:
        kind, *more = hello[1].get(name, ["missing"])
        if kind in ("function", "class"):
            space[name] = Callable(name)
            CLASSES.update([name] if kind == "class" else [])
        elif kind == "exception":
            base = getattr(builtins, more[0])
            space[name] = EXCEPTIONS[name] = type(name, (base,), {})
        elif kind in ("value", "handle"):
            space[name] = understand([kind, *more])
    return space


def run(space: dict[str, Any], request: dict[str, Any], code: Any) -> None:
    """The test source (which ends with what it defines to be called), then its TestCases."""
    exec(code, space)  # noqa: S102 (the problem's tests, in a sandbox of their own)
    if request["test_cases"]:
        import unittest

        loader, result = unittest.TestLoader(), unittest.TestResult()
        for name in request["test_cases"]:
            loader.loadTestsFromTestCase(space[name]).run(result)
        COUNTS.asserts += result.testsRun - len(result.skipped)
        if not result.wasSuccessful():
            problems = [text for _, text in [*result.failures, *result.errors]]
            raise AssertionError([*problems, "an expected failure succeeded"][0][-300:])


def judge(request: dict[str, Any], code: Any) -> dict[str, Any]:
    """Run everything; what to say of it."""
    try:
        random.seed(request["seed"])
        ORDER.seed(request["seed"])
        COUNTS.shuffle = request["shuffle"]
        COUNTS.inputs = [] if request["record"] else None
        space = names_of(receive(), request["names"])
        missing = request["entry_point"].split(".")[0]
        if missing not in space and missing not in EXCEPTIONS:
            raise Gone(f"the solution defines no {missing}")
        space["__name__"] = "tests"
        run({**space, "_verigrad_held": held, "_verigrad_any_order": in_any_order}, request, code)
    except BaseException as error:  # noqa: BLE001 (whatever ends the tests early is no pass)
        own = not isinstance(error, Gone) and not any(error is known for known in COUNTS.raised)
        return {"ok": False, "error": type(error).__name__, "text": _text(error), "own": own}
    if COUNTS.gone:  # a test's bare `except:` may have swallowed it
        return {"ok": False, "error": "Gone", "text": COUNTS.gone, "own": False}
    return {"ok": True}


def _text(error: BaseException) -> str:
    try:
        return str(error)[:300]
    except BaseException:  # noqa: BLE001 (an exception's text may ask the candidate)
        return ""


def main(payload: bytes, magic: bytes, code: bytes, text: bytes) -> None:
    """Judge, write the verdict's frame to descriptor 4, leave."""
    from _frozen_importlib_external import MAGIC_NUMBER  # pyright: ignore

    request = json.loads(payload)
    sys.setrecursionlimit(3000)
    same = magic == MAGIC_NUMBER
    program = marshal.loads(code) if same else compile(text.decode(), "tests.py", "exec")  # noqa: S302
    verdict = judge(request, program)
    verdict.update(asserts=COUNTS.asserts, calls=COUNTS.calls, inputs=COUNTS.inputs)
    body = json.dumps(verdict).encode()
    frame = f"{request['nonce']} 0 {len(body)}\n".encode() + body
    while frame:
        frame = frame[os.write(4, frame) :]
    os._exit(0)
