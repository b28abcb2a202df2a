"""The tool contract: arguments that are checked, and a text that comes back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, ValidationError


class Arguments(BaseModel):
    """What a tool is called with: strict types, unknown names are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class ToolOptions(BaseModel):
    """What a recipe may say to a tool."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ToolError(Exception):
    """The call cannot be answered: the text is what the policy is told."""


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool's name, and the arguments as they came out of JSON."""

    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What the policy is told of one call."""

    text: str
    is_error: bool = False


class Tool(ABC):
    """Answers calls. `begin` gives the tool of one rollout; without state it is the tool itself.

    A tool must be bounded by itself. What it raises becomes an observation; only a VerigradError
    says that the machine, not the call, is at fault, and ends the rollout as `failed`.
    """

    name: ClassVar[str]
    description: ClassVar[str]
    arguments: ClassVar[type[Arguments]]
    options_type: ClassVar[type[ToolOptions]] = ToolOptions
    is_quick: ClassVar[bool] = False  # milliseconds at the most, and cannot hang

    def __init__(self, options: ToolOptions | None = None, **switches: Any) -> None:
        self.options: Any = options if options is not None else self.options_type(**switches)

    def begin(self, info: Mapping[str, Any]) -> Self:  # noqa: ARG002 (tools with data use it)
        """The tool of one rollout; `info` is the problem's, without its answer."""
        return self

    @abstractmethod
    def call(self, arguments: Any) -> str:
        """The answer to one call; ToolError where there is none."""

    def schema(self) -> dict[str, Any]:
        """As OpenAI's chat API and the chat templates of transformers take it."""
        return {
            "type": "function",
            "function": {
                "name": self.name,
                "description": self.description,
                "parameters": _plain(self.arguments.model_json_schema()),
            },
        }

    def answer(self, arguments: Mapping[str, Any]) -> str:
        """Check the arguments and call; ToolError names every fault of them."""
        try:
            checked = self.arguments.model_validate(dict(arguments))
        except ValidationError as error:
            said = "; ".join(
                f"{'.'.join(map(str, e['loc'])) or 'arguments'}: {e['msg']}"
                for e in error.errors()[:5]
            )
            raise ToolError(f"{self.name}: {said}") from None
        return self.call(checked)


def _plain(schema: Any) -> Any:
    """A JSON schema without the titles and internals that only cost tokens."""
    if not isinstance(schema, dict):
        return schema
    hidden = {"title", "additionalProperties"} if "properties" in schema else {"title"}
    kept = {key: _plain(value) for key, value in schema.items() if key not in hidden}
    if "properties" in schema:
        kept["properties"] = {n: _plain(p) for n, p in schema["properties"].items()}
        description = kept.pop("description", None)
        return kept if description is None else {"description": description, **kept}
    return kept
