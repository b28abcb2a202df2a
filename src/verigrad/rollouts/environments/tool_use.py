"""Tool use: calls in a response are answered, and the policy goes on; without a call it is over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from pydantic import Field

from verigrad.core.errors import VerigradError
from verigrad.core.types import Message, Problem, Role
from verigrad.rollouts.crew import Crew
from verigrad.rollouts.environments.base import Observation, Reply, Setting, Turn
from verigrad.rollouts.environments.bind import (
    Context,
    EnvironmentOptions,
    bind_part,
    checked_options,
)
from verigrad.rollouts.tools import CALL_FORMATS, TOOLS
from verigrad.rollouts.tools.base import Tool, ToolCall, ToolError, ToolResult
from verigrad.rollouts.tools.describe import described
from verigrad.rollouts.tools.formats import CallFormat, find_format


class ToolUseOptions(EnvironmentOptions):
    """Which tools, and how they are spoken of.

    `tools` holds names, or tables with a `kind` and the tool's own switches. `call_format`,
    `described_in` and `results_as` follow the chat template where they are "auto": schemas go to
    the template if it takes any, else to the system message; results are `tool` messages if the
    template knows these, else the user's. "nowhere" tells the policy nothing of its tools (one
    that was warmed up on them). More than `max_calls` calls in a turn are refused.
    """

    tools: tuple[str | dict[str, Any], ...] = Field(min_length=1)
    call_format: str = "auto"
    described_in: Literal["auto", "template", "system", "nowhere"] = "auto"
    results_as: Literal["auto", "tool", "user"] = "auto"
    max_calls: int = Field(default=8, ge=1)
    max_result_chars: int = Field(default=4_000, ge=16)
    max_turns: int = Field(default=4, ge=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Toolbox:
    """What all rollouts of a task share."""

    tools: Mapping[str, Tool]
    call_format: CallFormat
    role: Role
    note: str  # of the tools, for the system message; empty where the template tells
    max_calls: int
    max_result_chars: int
    call_limit_s: float

    @classmethod
    def of(
        cls, tools: Mapping[str, Tool], options: ToolUseOptions, context: Context
    ) -> tuple[Toolbox, dict[str, Any]]:
        """The box of `tools` as the chat template takes them, and the template's own options."""
        tokenizer = context.renderer.tokenizer
        template = str(tokenizer.chat_template)
        name = find_format(tokenizer) if options.call_format == "auto" else options.call_format
        call_format = CALL_FORMATS.load(name)()
        place = options.described_in
        if place == "auto":
            place = "template" if "tools" in template else "system"
        schemas = [tool.schema() for tool in tools.values()]
        takes_tool = "'tool'" in template or '"tool"' in template or "ipython" in template
        answers_as = options.results_as
        if answers_as == "auto":
            answers_as = "tool" if takes_tool else "user"
        box = cls(
            tools=tools,
            call_format=call_format,
            role=answers_as,
            note=described(schemas, call_format) if place == "system" else "",
            max_calls=options.max_calls,
            max_result_chars=options.max_result_chars,
            call_limit_s=options.step_limit_s,
        )
        return box, {"tools": schemas} if place == "template" else {}

    def worked_turn(self, calls: Sequence[ToolCall]) -> str:
        """How a response makes these calls."""
        return self.call_format.write(calls)


class ToolUse:
    """Counts the facts `tool_calls` and `tool_errors`."""

    options_type: ClassVar[type[EnvironmentOptions]] = ToolUseOptions

    def __init__(self, box: Toolbox) -> None:
        self.box = box
        self.tools: dict[str, Tool] = {}

    @classmethod
    def setting(cls, options: ToolUseOptions, context: Context) -> Setting:
        """The setting that a recipe's table describes."""
        tools = dict(_tools(options))
        box, template_options = Toolbox.of(tools, options, context)
        return Setting(
            make=lambda: cls(box),
            budgets=options.budgets(),
            template_options=template_options,
            is_quick=all(tool.is_quick for tool in tools.values()),
            shared=box,
        )

    def reset(self, problem: Problem) -> Observation:
        """The problem's prompt, with the tools told where the template does not tell them."""
        self.tools = {name: tool.begin(problem.info) for name, tool in self.box.tools.items()}
        return told(problem.prompt, self.box.note)

    def step(self, message: Message) -> Reply:
        """One result for each call, in order; the end where there is none."""
        parsed = self.box.call_format.parse(message.content)
        if not parsed.is_call:
            return None
        results = [ToolResult(f"error: {fault}", is_error=True) for fault in parsed.faults]
        results += self._answers(parsed.calls[: self.box.max_calls])
        results += [
            ToolResult(f"error: over {self.box.max_calls} calls in one turn", is_error=True)
            for _ in parsed.calls[self.box.max_calls :]
        ]
        facts = {"tool_calls": len(parsed.calls), "tool_errors": sum(r.is_error for r in results)}
        return Turn(messages=self._messages(results), facts=facts)

    def _answers(self, calls: Sequence[ToolCall]) -> list[ToolResult]:
        """Results of `calls`; slow ones at the same time. A hung call raises HungError."""
        known = [self.tools.get(call.name) for call in calls]
        if len(calls) < 2 or all(tool is None or tool.is_quick for tool in known):
            return [self._answer(call) for call in calls]
        crew = Crew(len(calls))
        for place, call in enumerate(calls):
            crew.start(place, lambda c=call: self._answer(c), limit_s=self.box.call_limit_s)
        done = {work.key: work for work in crew.finished(wait=True)}
        return [done[place].result() for place in range(len(calls))]

    def _answer(self, call: ToolCall) -> ToolResult:
        """What one call came to; only what the machine is to blame for is raised."""
        tool = self.tools.get(call.name)
        try:
            if tool is None:
                raise ToolError(f"there is no tool {call.name[:80]!r}; {', '.join(self.tools)}")
            return ToolResult(self._cut(tool.answer(call.arguments)))
        except VerigradError:
            raise
        except ToolError as error:
            return ToolResult(self._cut(f"error: {error}"), is_error=True)
        except Exception as error:  # noqa: BLE001 (a tool's own bug is told to the policy, too)
            text = f"error: {type(error).__name__}: {error}"
            return ToolResult(self._cut(text), is_error=True)

    def _cut(self, text: str) -> str:
        limit = self.box.max_result_chars
        return text if len(text) <= limit else f"{text[:limit]}\n[{len(text) - limit} more]"

    def _messages(self, results: Sequence[ToolResult]) -> Observation:
        if self.box.role == "tool":
            return tuple(Message("tool", result.text) for result in results)
        said = "\n".join(f"<tool_response>\n{r.text}\n</tool_response>" for r in results)
        return (Message("user", said),)


def told(prompt: Observation, note: str) -> Observation:
    """The prompt with `note` at the end of its system message, or as one."""
    if not note:
        return prompt
    if prompt and prompt[0].role == "system":
        return (Message("system", f"{prompt[0].content}\n\n{note}"), *prompt[1:])
    return (Message("system", note), *prompt)


def _tools(options: ToolUseOptions) -> list[tuple[str, Tool]]:
    made = []
    for item in options.tools:
        kind, switches = (item, {}) if isinstance(item, str) else bind_part(item)
        tool_type = TOOLS.load(kind)
        tool: Tool = tool_type(checked_options(kind, tool_type.options_type, switches))
        made.append((tool.name, tool))
    return made
