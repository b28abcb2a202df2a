"""Chat messages as token ids, for servers that take messages and give text.

Such a server has no token ids for us. A transcript writes messages as the bytes of their text
between ids that stand for roles, so that everything that renders, counts and continues token ids
works on it unchanged, and the messages can be read back from any prefix of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from verigrad.core.errors import DataError
from verigrad.core.types import Message, Role

_ROLES: tuple[Role, ...] = ("system", "user", "assistant", "tool")
_CLOSING = 256
_OPENING: dict[Role, int] = {role: _CLOSING + 1 + index for index, role in enumerate(_ROLES)}
_ROLE_OF: dict[int, Role] = {token: role for role, token in _OPENING.items()}
# One private-use character for each of these ids, so that a transcript is a text too.
_MARKS = {chr(0xF8F0 + index): _CLOSING + index for index in range(1 + len(_ROLES))}
_MARK_OF = {token: mark for mark, token in _MARKS.items()}


class TranscriptTokenizer:
    """What `Renderer` and engines need of a tokenizer, for transcripts."""

    eos_token_id = _CLOSING
    name_or_path = "transcript"
    chat_template = "transcript"

    def __len__(self) -> int:
        return _CLOSING + 1 + len(_ROLES)

    def apply_chat_template(
        self,
        rows: Sequence[Mapping[str, Any]],
        *,
        tokenize: bool = False,
        add_generation_prompt: bool = False,
        **_: Any,
    ) -> str:
        """The transcript of messages as text."""
        assert not tokenize
        parts: list[str] = []
        for row in rows:
            content = str(row["content"] or "")
            if not _MARKS.keys().isdisjoint(content):
                raise DataError(
                    "a message holds one of the characters that close messages here",
                    where=f"{content[:80]!r}",
                    remedy="remove the characters U+F8F0 to U+F8F4 from the text",
                )
            parts += [_MARK_OF[_OPENING[row["role"]]], content, _MARK_OF[_CLOSING]]
        if add_generation_prompt:
            parts.append(_MARK_OF[_OPENING["assistant"]])
        return "".join(parts)

    def encode(self, text: str, *, add_special_tokens: bool = False) -> list[int]:
        """Bytes of the text; marks as the ids they stand for."""
        del add_special_tokens
        ids: list[int] = []
        for character in text:
            mark = _MARKS.get(character)
            ids += [mark] if mark is not None else character.encode("utf-8", "surrogatepass")
        return ids

    def decode(self, ids: Sequence[int], **_: Any) -> str:
        """The text of ids; bytes that are no UTF-8 show as U+FFFD."""
        parts: list[str] = []
        run = bytearray()
        for token in ids:
            if token < _CLOSING:
                run.append(token)
                continue
            parts += [run.decode("utf-8", "replace"), _MARK_OF[token]]
            run.clear()
        return "".join([*parts, run.decode("utf-8", "replace")])

    def messages(self, ids: Sequence[int]) -> list[Message]:
        """The closed messages of a transcript; the opening of the next turn at its end is left out.

        >>> tokenizer = TranscriptTokenizer()
        >>> rows = [{"role": "user", "content": "2+2?"}]
        >>> text = tokenizer.apply_chat_template(rows, add_generation_prompt=True)
        >>> tokenizer.messages(tokenizer.encode(text))
        [Message(role='user', content='2+2?')]
        """
        found: list[Message] = []
        role: Role | None = None
        start = 0
        for at, token in enumerate(ids):
            if token == _CLOSING and role is not None:
                found.append(Message(role, self.decode(ids[start:at])))
                role = None
            elif token in _ROLE_OF:
                role, start = _ROLE_OF[token], at + 1
        return found
