"""Chat messages -> token ids, through the tokenizer's own template, with loss masks.

Every text is tokenised once, piece by piece, at the borders where the policy takes over: the ids
of a prompt are therefore always a prefix of the ids of the conversation that continues it, and
what was sampled is never tokenised again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from verigrad.core.errors import DataError, SetupError
from verigrad.core.types import Message

_STAND_IN = "verigrad0stands0in"  # plain characters: no template trims or escapes them


@dataclass(frozen=True, slots=True)
class RenderedConversation:
    """Token ids, and for each whether the assistant wrote it (closing tokens included)."""

    ids: tuple[int, ...]
    mask: tuple[bool, ...]


class Renderer:
    """Renders with the chat template of a Hugging Face `tokenizer`.

    `end_token_ids` close the assistant's turn (default: the tokenizer's end-of-text token);
    `options` go to the template as they are (`enable_thinking=False`).
    """

    def __init__(
        self,
        tokenizer: Any,
        *,
        end_token_ids: Sequence[int] = (),
        options: Mapping[str, Any] | None = None,
    ) -> None:
        self.tokenizer = tokenizer
        self.options = dict(options or {})
        if not getattr(tokenizer, "chat_template", None):
            raise SetupError(
                "the tokenizer has no chat template",
                where=str(getattr(tokenizer, "name_or_path", "") or type(tokenizer).__name__),
                cause="a base model, or a folder saved without chat_template.jinja",
                remedy="set tokenizer.chat_template, or use the chat model's tokenizer",
            )
        ends = tuple(end_token_ids) or (tokenizer.eos_token_id,)
        if None in ends:
            raise SetupError(
                "nothing closes the assistant's turn: the tokenizer has no end-of-text token",
                remedy="set tokenizer.eos_token, or give end_token_ids",
            )
        self.end_token_ids: tuple[int, ...] = ends

    def prompt(self, messages: Sequence[Message]) -> tuple[int, ...]:
        """Ids of `messages` with the opening of the assistant's turn after them."""
        return self._encode(self._text(messages, opens_turn=True))

    def conversation(self, messages: Sequence[Message]) -> RenderedConversation:
        """Ids of a whole conversation, masked True where the assistant wrote.

        Raises DataError where the template writes an earlier turn differently once a later one
        follows: no single sequence of tokens is then what the policy sees in every turn.
        """
        ids: list[int] = []
        mask: list[bool] = []
        done = ""
        for index, message in enumerate(messages):
            if message.role != "assistant":
                continue
            opened = self._text(messages[:index], opens_turn=True)
            closed = self._text(messages[: index + 1], opens_turn=False)
            given = self._encode(self._after(done, opened, index=index))
            written = self._encode(self._after(opened, closed, index=index))
            length = self._closed_length(written, index=index)
            ids += [*given, *written[:length]]
            mask += [False] * len(given) + [True] * length
            done = self._up_to(closed, written[length:])
        if not any(mask):
            raise DataError(
                "a conversation without an assistant message cannot be trained on",
                remedy="add the assistant's answer, or render it with `prompt`",
            )
        return RenderedConversation(tuple(ids), tuple(mask))

    def observation(
        self, opening: Sequence[Message], added: Sequence[Message], *, is_closed: bool, turn: int
    ) -> tuple[int, ...]:
        """Ids that stand between a sampled turn and the next one.

        `opening` is what the policy was first shown and `added` answers its turn number `turn`;
        `is_closed` says that the sampled ids already end with a closing token. What was sampled
        is not rendered: a stand-in takes its place, so that nothing the policy wrote is tokenised
        again. Nor are the turns between, so that a turn costs the same however many came before.
        """
        rows = [message.to_json() for message in (*opening, Message("assistant", _STAND_IN))]
        rows += [_answer_row(message, turn, place) for place, message in enumerate(added)]
        text = self._template(rows, opens_turn=True)
        at = text.rfind(_STAND_IN)
        if at < 0:
            raise DataError(
                "the chat template leaves out an assistant message that others follow",
                remedy="use a template that keeps the whole conversation",
            )
        ids = self._encode(text[at + len(_STAND_IN) :])
        self._closed_length(ids[:1], index=len(opening))
        return ids[1:] if is_closed else ids

    def decode(self, ids: Sequence[int]) -> str:
        """The text of `ids`, special tokens included."""
        return self.tokenizer.decode(
            list(ids), skip_special_tokens=False, clean_up_tokenization_spaces=False
        )

    def encode(self, text: str) -> tuple[int, ...]:
        """Ids of `text` alone, special tokens in it recognised and none added."""
        return self._encode(text)

    def with_options(self, **options: Any) -> Renderer:
        """The same renderer with more options for the template (`tools`, `enable_thinking`)."""
        if not options:
            return self
        return Renderer(
            self.tokenizer,
            end_token_ids=self.end_token_ids,
            options={**self.options, **options},
        )

    def _text(self, messages: Sequence[Message], *, opens_turn: bool) -> str:
        return self._template([m.to_json() for m in messages], opens_turn=opens_turn)

    def _template(self, rows: list[dict[str, str]], *, opens_turn: bool) -> str:
        return self.tokenizer.apply_chat_template(
            rows, tokenize=False, add_generation_prompt=opens_turn, **self.options
        )

    def _encode(self, text: str) -> tuple[int, ...]:
        return tuple(self.tokenizer.encode(text, add_special_tokens=False)) if text else ()

    def _up_to(self, closed: str, trailing: Sequence[int]) -> str:
        """`closed` without the text that the template writes after the closing token."""
        tail = self.tokenizer.decode(list(trailing), clean_up_tokenization_spaces=False)
        return closed[: len(closed) - len(tail)] if trailing else closed

    def _after(self, prefix: str, text: str, *, index: int) -> str:
        if text.startswith(prefix):
            return text[len(prefix) :]
        at = next((i for i, (a, b) in enumerate(zip(prefix, text, strict=False)) if a != b), 0)
        raise DataError(
            "the chat template is not prefix-consistent: a later message changes earlier text",
            where=f"message {index}: {prefix[at : at + 40]!r} became {text[at : at + 40]!r}",
            cause="a template that drops earlier reasoning or adds text to the last turn only",
            remedy="split the conversation into one per assistant turn, set the template's option "
            "that keeps reasoning, or use a template that only appends",
        )

    def _closed_length(self, ids: Sequence[int], *, index: int) -> int:
        """How many of an assistant turn's ids there are up to its last closing token."""
        ends = [i for i, token in enumerate(ids) if token in self.end_token_ids]
        if ends:
            return ends[-1] + 1
        raise DataError(
            "the chat template does not close the assistant's turn with an end token",
            where=f"message {index}; end tokens: {self.end_token_ids}",
            cause="the template closes turns with another token than the tokenizer's end-of-text",
            remedy="give that token's id in end_token_ids",
        )


def _answer_row(message: Message, turn: int, place: int) -> dict[str, str]:
    """A message of the environment; a tool's answer names its call, which some templates demand
    (Mistral: nine letters or digits).
    """
    row = message.to_json()
    return (
        row | {"tool_call_id": f"call{turn % 1000:03d}{place % 100:02d}"}
        if row["role"] == "tool"
        else row
    )
