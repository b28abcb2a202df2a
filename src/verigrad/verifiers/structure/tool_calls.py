"""`tool_calls`: the right functions with the right arguments, against OpenAI-style tool schemas.

`info["tools"]` holds the tools, `answer` the calls that are right:

    {"calls": [{"name": "weather", "arguments": {"city": "Rome"},
                "allowed": {"unit": ["C", "celsius"]}, "optional": ["unit"]}],
     "order": "any"}
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from verigrad.core.types import Problem
from verigrad.core.verdict import Reason, Verdict
from verigrad.verifiers.base import Policy, Verifier, abstained, correct, rejected
from verigrad.verifiers.final_answer import UnreadableError
from verigrad.verifiers.structure.call_reader import MAX_CALLS, Call, read_calls
from verigrad.verifiers.structure.payload import PayloadPolicy
from verigrad.verifiers.structure.schema import BadSchemaError, Schema, read_schema

_NO_PARAMETERS: dict[str, Any] = {"type": "object", "properties": {}}


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class WantedCall(_Strict):
    """One right call: exact `arguments`, `allowed` values of others, and which may be absent."""

    name: str
    arguments: dict[str, Any] = {}
    allowed: dict[str, list[Any]] = {}
    optional: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _is_sound(self) -> Self:
        if set(self.arguments) & set(self.allowed) or not all(self.allowed.values()):
            raise ValueError("an argument is exact or has allowed values, at least one")
        if set(self.optional) - set(self.arguments) - set(self.allowed):
            raise ValueError("only an argument with a value may be optional")
        return self

    def accepts(self, call: Call) -> bool:
        """Same name; every argument known, present unless optional, and of a right value."""
        known = {name: [value] for name, value in self.arguments.items()} | self.allowed
        if call.name != self.name or set(call.arguments) - set(known):
            return False
        return all(
            any(same(call.arguments[name], value) for value in values)
            if name in call.arguments
            else name in self.optional
            for name, values in known.items()
        )


class WantedCalls(_Strict):
    """The right calls. `order`: `given`, as listed; `any`, as parallel calls may come."""

    calls: Annotated[tuple[WantedCall, ...], Field(min_length=1, max_length=MAX_CALLS)]
    order: Literal["any", "given"] = "any"


class ToolCalls(Verifier):
    """Name, required and unknown arguments, types, values, number and order of calls."""

    name: ClassVar[str] = "tool_calls"
    version: ClassVar[str] = "1"
    policy_type: ClassVar[type[Policy]] = PayloadPolicy
    proves: ClassVar[str] = "exactly the right calls, each valid by its tool's schema"
    cannot: ClassVar[str] = "what the calls would do: judge the state after them for that"
    assurance: ClassVar[str] = "exact"
    cost: ClassVar[str] = "about 1 ms"

    def judge(self, problem: Problem, response: str) -> Verdict:
        """The tools and wanted calls first, then the response's calls, then both together."""
        try:
            wanted = WantedCalls.model_validate(problem.answer)
            tools = read_tools(problem.info.get("tools"))
            for call in wanted.calls:
                if call.name not in tools:
                    raise BadSchemaError(f"the right call {call.name!r:.40} is of no known tool")
        except (ValidationError, BadSchemaError) as error:
            return abstained(Reason.BAD_REFERENCE, str(error)[:300])
        try:
            calls = read_calls(response, self.policy)
        except UnreadableError as error:
            return rejected(error.reason, evidence={"why": error.why})
        facts: dict[str, Any] = {"method": "calls", "certainty": "exact"}
        try:
            why = next((said for call in calls if (said := _fault(call, tools))), None)
        except BadSchemaError as error:
            return abstained(Reason.BAD_REFERENCE, str(error))
        if why is not None:
            return rejected(Reason.VIOLATION, evidence={"why": why}, **facts)
        if matched(calls, wanted):
            return correct(**facts)
        said = ", ".join(call.name for call in calls)[:100]
        return rejected(Reason.WRONG, evidence={"why": f"not the right calls: {said}"}, **facts)


def read_tools(tools: Any) -> dict[str, Schema]:
    """Name -> schema of its arguments, in which unknown arguments are refused unless allowed."""
    if not isinstance(tools, list | tuple) or not tools:
        raise BadSchemaError('info["tools"] must be a list of tools')
    made: dict[str, Schema] = {}
    for tool in tools:
        function = tool.get("function", tool) if isinstance(tool, Mapping) else {}
        name = function.get("name") if isinstance(function, Mapping) else None
        if not isinstance(name, str) or name in made:
            raise BadSchemaError(f"a tool without a name of its own: {tool!r:.80}")
        parameters = function.get("parameters") or _NO_PARAMETERS
        if not isinstance(parameters, Mapping):
            raise BadSchemaError(f"the parameters of {name} are no schema")
        made[name] = read_schema({"additionalProperties": False, **parameters, "type": "object"})
    return made


def _fault(call: Call, tools: Mapping[str, Schema]) -> str | None:
    if call.name not in tools:
        return f"no tool is called {call.name!r:.60}"
    said = tools[call.name].fault(call.arguments)
    return f"{call.name}: {said}" if said else None


def matched(calls: list[Call], wanted: WantedCalls) -> bool:
    """Whether calls and wanted calls are one to one, in order where that counts.

    Any order: augmenting paths, since one call may fit two wanted ones and another only one.
    """
    if len(calls) != len(wanted.calls):
        return False
    if wanted.order == "given":
        return all(w.accepts(call) for w, call in zip(wanted.calls, calls, strict=True))
    taken: dict[int, int] = {}  # wanted -> call

    def place(call: int, seen: set[int]) -> bool:
        for index, each in enumerate(wanted.calls):
            if index in seen or not each.accepts(calls[call]):
                continue
            seen.add(index)
            if index not in taken or place(taken[index], seen):
                taken[index] = call
                return True
        return False

    return all(place(call, set()) for call in range(len(calls)))


def same(a: Any, b: Any) -> bool:
    """Equality of JSON values: 1 is 1.0, true is not 1, "1" is not 1, order of keys is free."""
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return set(a) == set(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    numbers = isinstance(a, int | float) and isinstance(b, int | float)
    return a == b and (numbers or type(a) is type(b))
