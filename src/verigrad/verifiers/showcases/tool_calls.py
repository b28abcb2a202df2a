# ruff: noqa: E501 (samples)
"""Showcase of `tool_calls`."""

import json

from verigrad.core.types import Problem
from verigrad.verifiers.showcases import Sample, Showcase
from verigrad.verifiers.structure.tool_calls import ToolCalls

_WEATHER = {
    "type": "function",
    "function": {
        "name": "weather",
        "parameters": {
            "type": "object",
            "properties": {
                "city": {"type": "string"},
                "unit": {"type": "string", "enum": ["C", "F"]},
            },
            "required": ["city"],
        },
    },
}
_ALARM = {
    "name": "set_alarm",
    "parameters": {
        "type": "object",
        "properties": {"hour": {"type": "integer"}, "loud": {"type": "boolean"}},
        "required": ["hour"],
    },
}


def _call(name: str, **arguments: object) -> dict[str, object]:
    return {"name": name, "arguments": arguments}


def showcase() -> Showcase:
    """Two parallel calls in any order; one call with an optional argument."""
    tools = [_WEATHER, _ALARM]
    rome, oslo = _call("weather", city="Rome"), _call("weather", city="Oslo")
    both = {"calls": [rome, oslo]}
    alarm = {
        "calls": [
            {"name": "set_alarm", "arguments": {"hour": 7, "loud": True}, "optional": ["loud"]}
        ]
    }
    openai = {
        "tool_calls": [
            {"type": "function", "function": {"name": "set_alarm", "arguments": '{"hour": 7}'}}
        ]
    }
    return Showcase(
        ToolCalls(),
        (
            Sample(
                Problem.of("The weather in Rome and Oslo?", both, tools=tools),
                (
                    json.dumps([rome, oslo]),
                    json.dumps([oslo, rome]),
                    "".join(f"<tool_call>{json.dumps(call)}</tool_call>" for call in (rome, oslo)),
                ),
                (
                    json.dumps([rome]),
                    json.dumps([rome, rome]),
                    json.dumps([rome, oslo, oslo]),
                    json.dumps([rome, _call("weather", city="oslo")]),
                    json.dumps([rome, _call("weather", city="Oslo", days=3)]),
                    json.dumps([rome, _call("weather", city="Oslo", unit="C")]),
                    json.dumps([rome, _call("weather", town="Oslo")]),
                    json.dumps([rome, _call("forecast", city="Oslo")]),
                ),
            ),
            Sample(
                Problem.of("Wake me at seven.", alarm, tools=tools),
                (json.dumps(_call("set_alarm", hour=7)), json.dumps(_call("set_alarm", hour=7, loud=True)), json.dumps(openai)),
                (
                    json.dumps(_call("set_alarm", hour="7")),
                    json.dumps(_call("set_alarm", hour=7, loud=False)),
                    json.dumps(_call("set_alarm", hour=8)),
                    json.dumps(_call("set_alarm", loud=True)),
                ),
            ),
        ),
        pieces=('{"name": "weather"', '"arguments": {', '"city": "Rome"', "}", "[", "]", ",", "<tool_call>",
                "</tool_call>", '{"tool_calls": [', '"function"', '"hour": 7', "7.0", "null"),
    )  # fmt: skip
