"""Tools: what a policy may call, how calls are written, and what comes back."""

from verigrad.core.registry import Registry

TOOLS = Registry(
    "tool",
    {
        "calculator": "verigrad.rollouts.tools.calculator:Calculator",
        "python": "verigrad.rollouts.tools.python:Python",
        "search": "verigrad.rollouts.tools.search:Search",
        "sql": "verigrad.rollouts.tools.sql:SqlQuery",
    },
)

CALL_FORMATS = Registry(
    "call format",
    {
        "hermes": "verigrad.rollouts.tools.formats:Hermes",
        "llama3": "verigrad.rollouts.tools.formats:Llama3",
        "mistral": "verigrad.rollouts.tools.formats:Mistral",
        "fenced": "verigrad.rollouts.tools.formats:Fenced",
    },
)
