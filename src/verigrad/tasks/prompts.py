"""How a question becomes chat messages."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

from verigrad.core.errors import ConfigError, DataError
from verigrad.core.types import Message, Problem, Role

AnswerFormat = Literal["boxed", "hash", "tag"]

_PLACE = "{question}"
_INSTRUCTIONS: dict[str, str] = {
    "boxed": "Put your final answer in \\boxed{}.",
    "hash": "End with a line that has #### and then your final answer.",
    "tag": "Put your final answer between <answer> and </answer>.",
}
_CLOSINGS: dict[str, str] = {
    "boxed": "\\boxed{ANSWER}",
    "hash": "#### ANSWER",
    "tag": "<answer>ANSWER</answer>",
}
_ROLES: dict[str, Role] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "gpt": "assistant",
    "tool": "tool",
}


@dataclass(frozen=True, slots=True)
class PromptTemplate:
    """A text with `{question}` once, an optional system message, format request and examples.

    `answer_in` appends a sentence that asks for the answer in that place. `examples` are shown
    as earlier turns, each with its worked solution (else its reference in the asked-for place).
    Other braces stay as they are.

    >>> PromptTemplate("Solve: {question}").render("2+2").pop().content
    'Solve: 2+2'
    """

    template: str = _PLACE
    system: str | None = None
    answer_in: AnswerFormat | None = None
    examples: tuple[Problem, ...] = ()

    def __post_init__(self) -> None:
        if self.template.count(_PLACE) != 1:
            raise ConfigError(
                f"the prompt template must hold {_PLACE} exactly once",
                where=repr(self.template[:80]),
                cause="another name in braces, none at all, or the question twice",
                remedy='write it like "Solve the problem. {question}"',
            )

    def render(self, question: str) -> list[Message]:
        """The messages for one question."""
        messages = [Message("system", self.system)] if self.system else []
        for example in self.examples:
            shown = example.solution or self.closing(example.answer)
            messages.append(self._ask(example.question))
            messages.append(Message("assistant", shown))
        return [*messages, self._ask(question)]

    def apply(self, messages: list[Message]) -> list[Message]:
        """The same for a conversation: its last user message is the question, the rest stays.

        Its own system message stays too, unless the template brings one.
        """
        last = max((i for i, m in enumerate(messages) if m.role == "user"), default=None)
        if last is None:
            raise DataError("a conversation without a user message", remedy="see the prompt column")
        before, after = messages[:last], messages[last + 1 :]
        if self.system:
            before = [message for message in before if message.role != "system"]
        own_system = [message for message in before if message.role == "system"]
        rest = [message for message in before if message.role != "system"]
        rendered = self.render(messages[last].content)
        head = [message for message in rendered[:-1] if message.role == "system"]
        shots = [message for message in rendered[:-1] if message.role != "system"]
        return [*head, *own_system, *shots, *rest, rendered[-1], *after]

    def dress(self, problem: Problem, *, task: str) -> Problem:
        """`problem` in this template's and the task's words; its id is that of the new content."""
        prompt = tuple(self.apply(list(problem.prompt)))
        return replace(problem, prompt=prompt, task=task, id="")

    def closing(self, answer: Any) -> str:
        r"""How a worked solution ends: the answer in the asked-for place, `\boxed{}` by default.

        >>> PromptTemplate(answer_in="hash").closing("18")
        '#### 18'
        """
        return _CLOSINGS[self.answer_in or "boxed"].replace("ANSWER", str(answer))

    def _ask(self, question: str) -> Message:
        text = self.template.replace(_PLACE, question)
        if self.answer_in is not None:
            text = f"{text}\n{_INSTRUCTIONS[self.answer_in]}"
        return Message("user", text)


def read_messages(value: Any, *, where: str = "") -> list[Message]:
    """Chat messages from JSON: `role`/`content` or `from`/`value`, contents as text or text parts.

    >>> read_messages([{"from": "human", "value": "2+2?"}])
    [Message(role='user', content='2+2?')]
    """
    return [_message(item, where=where) for item in value]


def _message(item: Any, *, where: str) -> Message:
    if isinstance(item, dict):
        role = _ROLES.get(str(item.get("role", item.get("from"))))
        content = item.get("content", item.get("value"))
        if isinstance(content, list) and all(_is_text(part) for part in content):
            content = "".join(part["text"] for part in content)
        if role and isinstance(content, str):
            return Message(role, content)
    raise DataError(
        f"not a chat message: {item!r:.120}",
        where=where,
        cause="a message needs a known role and a text",
        remedy=f"roles: {', '.join(_ROLES)}; text in `content` or `value`",
    )


def _is_text(part: Any) -> bool:
    return isinstance(part, dict) and isinstance(part.get("text"), str)
