"""The inside of the worker that draws: entries of reasoning-gym's datasets, as tagged JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from typing import Any

from verigrad.core.tagged import to_tagged
from verigrad.sandbox.workers_child import serve

_SIZE = 500  # what a dataset that makes all its entries at once makes

# datasets without an oracle answer whose metadata hold an example of one
_EXAMPLES = {
    "graph_color": "possible_answer",
    "propositional_logic": "example_answer",
    "rubiks_cube": "example_correct_answer",
}


def prepare() -> Callable[[Any], Any]:
    """Import reasoning-gym and return the function that draws."""
    import reasoning_gym
    from reasoning_gym.composite import DatasetSpec
    from reasoning_gym.factory import DATASETS

    @cache
    def dataset(name: str, config: str) -> Any:
        settings = json.loads(config)
        if name == "composite":
            settings["datasets"] = [DatasetSpec(**each) for each in settings["datasets"]]
        return reasoning_gym.create_dataset(name, **settings, seed=0, size=_SIZE)

    def answer(request: dict[str, Any]) -> Any:
        if request["do"] == "names":
            return sorted(DATASETS)
        name, config = request["dataset"], request["config"]
        source = dataset(name, json.dumps(config, sort_keys=True))
        if request["do"] == "check":  # it was built: the configuration is sound
            return True
        return _plain(name, config, _entry(source, request["index"]))

    return answer


def _entry(source: Any, index: int) -> dict[str, Any]:
    """Most datasets draw an entry from any index; those that hold a list take it modulo."""
    try:
        return source[index]
    except IndexError:
        return source[index % _SIZE]


def _plain(name: str, config: dict[str, Any], entry: dict[str, Any]) -> dict[str, Any]:
    """Question, answer ("" where there is none), and what scoring takes, as tagged JSON."""
    answer, metadata = entry["answer"], entry["metadata"]
    if name == "composite":  # the part that the entry came from is what scores it
        name = metadata["source_dataset"]
        config = next(each["config"] for each in config["datasets"] if each["name"] == name)
    if answer is None and name in _EXAMPLES:
        example = metadata[_EXAMPLES[name]]
        answer = example if isinstance(example, str) else json.dumps(example)
    return {
        "question": str(entry["question"]),
        "answer": "" if answer is None else str(answer),
        "metadata": to_tagged(metadata),
        "dataset": name,
        "config": config,
    }


if __name__ == "__main__":
    serve(prepare)
