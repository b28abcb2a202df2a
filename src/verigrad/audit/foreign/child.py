"""The inside of the worker that holds a foreign function: `audit.foreign.function` asks it."""

from __future__ import annotations

import asyncio
import importlib.util
import math
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from verigrad.audit.foreign.signatures import TARGET, call, style_of
from verigrad.sandbox.workers_child import serve


def _loaded(path: str, name: str) -> tuple[Callable[..., Any], str]:
    sys.path.insert(0, str(Path(path).parent))
    spec = importlib.util.spec_from_file_location("verigrad_audited", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules["verigrad_audited"] = module
    spec.loader.exec_module(module)
    function = getattr(module, name)
    return function, style_of(function)


def prepare() -> Callable[[Any], Any]:
    """Load the function that the environment names; what it imports counts against no call.

    Requests say where to call it: main, thread or asyncio.
    """
    path, _, name = os.environ[TARGET].rpartition(":")
    function, style = _loaded(path, name)

    def answer(request: dict[str, Any]) -> dict[str, Any]:
        if request.get("op") == "style":
            return {"style": style}
        return _called(function, request.get("style") or style, request)

    return answer


def _called(function: Callable[..., Any], style: str, request: dict[str, Any]) -> dict[str, Any]:
    box: dict[str, Any] = {}

    def run() -> None:
        try:
            box["reward"] = _plain(call(function, style, request["row"]))
        except MemoryError:
            raise
        except BaseException as error:  # noqa: BLE001 (SystemExit too: it would end a trainer)
            box["raised"] = f"{type(error).__name__}: {error}"[:300]

    where = request.get("where", "main")
    if where == "thread":
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    elif where == "asyncio":
        asyncio.run(_inside(run))
    else:
        run()
    return box


async def _inside(run: Callable[[], None]) -> None:
    """On the loop's own thread, as a coroutine that calls a plain function would."""
    run()


def _plain(value: Any) -> float | str | None:
    """JSON has no NaN: it travels as text."""
    if value is None:
        return None
    number = float(value)
    return number if math.isfinite(number) else str(number)


if __name__ == "__main__":
    serve(prepare)
