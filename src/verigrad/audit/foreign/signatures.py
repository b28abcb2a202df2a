"""How a reward function wants to be called, seen from the names of its parameters.

Runs inside the worker too, so it imports nothing of ours.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Mapping
from typing import Any

TARGET = "VERIGRAD_AUDITED"  # the environment's name for path/to/file.py:function
STYLES = ("trl", "verl", "openrlhf", "plain", "check", "pair")


def style_of(function: Callable[..., Any]) -> str:
    """One of STYLES; TypeError where the parameters are of no known kind.

    trl: (prompts, completions, **columns) -> list; verl: (data_source, solution_str, ground_truth,
    extra_info); openrlhf: (queries, prompts, labels); check: (response, answer, info);
    plain: (prompt, response, answer); pair: (response, answer).
    """
    parameters = inspect.signature(function).parameters.values()
    names = {parameter.name for parameter in parameters}
    if "completions" in names:
        return "trl"
    if "solution_str" in names:
        return "verl"
    if "queries" in names:
        return "openrlhf"
    needed = [
        p.name
        for p in parameters
        if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]
    if len(needed) == 3:
        return "check" if needed[2] in ("info", "item", "row", "extra") else "plain"
    if len(needed) == 2:
        return "pair"
    raise TypeError(
        f"no known signature: ({', '.join(needed)}). Known: (prompt, response, answer), "
        "(response, answer), (response, answer, info), TRL's, verl's and OpenRLHF's"
    )


def call(function: Callable[..., Any], style: str, row: Mapping[str, Any]) -> float:
    """The reward of one response; `row` has prompt (messages), question, response, answer, info.

    TypeError where what comes back is no number. A None (TRL: "not mine to judge") stays one.
    """
    response, answer = row["response"], row["answer"]
    question, info = row["question"], dict(row["info"])
    if style == "trl":
        given = function(**_trl_arguments(function, row))
    elif style == "verl":
        source = info.get("data_source", "verigrad/audit")
        given = function(
            data_source=source, solution_str=response, ground_truth=answer, extra_info=info
        )
    elif style == "openrlhf":
        given = function([question + response], [question], [answer])
    elif style == "check":
        given = function(response, answer, info)
    elif style == "plain":
        given = function(question, response, answer)
    else:
        given = function(response, answer)
    if inspect.iscoroutine(given):
        given = asyncio.run(given)
    return reward_number(given)


def _trl_arguments(function: Callable[..., Any], row: Mapping[str, Any]) -> dict[str, Any]:
    """Columns as TRL hands them: lists of one, the answer under every name people use."""
    parameters = inspect.signature(function).parameters
    columns = {name: [value] for name, value in row["info"].items()}
    for name in ("answer", "solution", "ground_truth", "reference", "target", "label"):
        columns.setdefault(name, [row["answer"]])
    completion = [[{"role": "assistant", "content": row["response"]}]]
    columns |= {"prompts": [row["prompt"]], "completions": completion}
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()):
        return columns
    return {name: value for name, value in columns.items() if name in parameters}


def reward_number(given: Any) -> Any:
    """One number out of a number, a list of one, a tensor, a dictionary with a score."""
    if isinstance(given, Mapping):
        found = next((given[k] for k in ("score", "reward", "rewards") if k in given), None)
        if found is None:
            raise TypeError(f"a dictionary without score or reward: {sorted(given)}")
        given = found
    if hasattr(given, "tolist"):  # an array, a tensor, a scalar of either
        given = given.tolist()
    if isinstance(given, list | tuple) and len(given) == 1:
        given = given[0]
    if given is None or isinstance(given, bool | int | float):
        return given
    raise TypeError(f"not a number: {type(given).__name__} {str(given)[:80]}")
