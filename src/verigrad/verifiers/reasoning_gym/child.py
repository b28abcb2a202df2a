"""The inside of the worker that scores: reasoning-gym's own scorers. Never given what they eval."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from typing import Any

from verigrad.core.tagged import from_tagged
from verigrad.sandbox.workers_child import serve
from verigrad.verifiers.reasoning_gym.routes import decisions


def prepare() -> Callable[[Any], Any]:
    """Import reasoning-gym and return the function that scores."""
    import reasoning_gym

    probed, installed = decisions()["version"], version("reasoning-gym")
    if installed != probed:
        raise RuntimeError(f"the scorers of {probed} were probed, {installed} is installed")

    @cache
    def dataset(name: str, config: str) -> Any:
        return reasoning_gym.create_dataset(name, **json.loads(config), seed=0, size=1)

    def answer(request: dict[str, Any]) -> float | None:
        entry = {
            "question": "",
            "answer": request["oracle"],
            "metadata": from_tagged(request["metadata"]),
        }
        scorer = dataset(request["dataset"], json.dumps(request["config"], sort_keys=True))
        try:
            return float(scorer.score_answer(request["answer"], entry))
        except RecursionError:
            raise
        except Exception:  # noqa: BLE001 (a scorer that trips over an answer does not accept it)
            return None

    return answer


if __name__ == "__main__":
    serve(prepare)
