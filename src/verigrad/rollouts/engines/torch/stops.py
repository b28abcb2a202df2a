"""When a row ends: end tokens, stop tokens, stop strings. No text is decoded twice.

One table over the vocabulary says which tokens can end anything; Python looks only at rows whose
newest token is in it, and decodes no more of them than a stop string is long.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor

from verigrad.core.types import StopReason
from verigrad.rollouts.sampling import SamplingParameters

_MARGIN_TOKENS = 4  # a first token cut out of its context may decode to less than it holds


class StopTable:
    """The stops of one call's requests."""

    def __init__(
        self,
        samplings: Iterable[SamplingParameters],
        *,
        end_token_ids: Sequence[int],
        vocabulary: Vocabulary,
        device: torch.device,
    ) -> None:
        self._vocabulary = vocabulary
        self._ends = frozenset(end_token_ids)
        ids = set(end_token_ids)
        last_characters: set[str] = set()
        for sampling in set(samplings):
            ids |= set(sampling.stop_token_ids)
            last_characters |= {string[-1] for string in sampling.stop}
        if last_characters:
            ids |= vocabulary.ids_with(last_characters)
        flags = torch.zeros(vocabulary.size, dtype=torch.bool)
        flags[[token for token in ids if 0 <= token < vocabulary.size]] = True
        self.can_end_V: Tensor = flags.to(device)

    def reason(self, ids: Sequence[int], sampling: SamplingParameters) -> StopReason | None:
        """Why a row that has sampled `ids` ends with the last of them; None where it goes on."""
        if ids[-1] in self._ends:
            return StopReason.END
        if ids[-1] in sampling.stop_token_ids or self._has_stop_string(ids, sampling.stop):
            return StopReason.STOP
        return None

    def text(self, ids: Sequence[int], stop: StopReason, sampling: SamplingParameters) -> str:
        """The text of a finished row: without a closing token, and up to a stop string."""
        is_closed = stop is StopReason.END or ids[-1] in sampling.stop_token_ids
        text = self._vocabulary.decode(ids[:-1] if is_closed else ids)
        if stop is StopReason.STOP and not is_closed:
            found = [at for string in sampling.stop if (at := text.find(string)) >= 0]
            return text[: min(found)] if found else text
        return text

    def _has_stop_string(self, ids: Sequence[int], stop: tuple[str, ...]) -> bool:
        if not stop:
            return False
        longest = max(len(string.encode()) for string in stop)
        recent = self._vocabulary.decode(ids[-(longest + _MARGIN_TOKENS) :])
        return any(string in recent for string in stop)


class Vocabulary:
    """What the engine needs of a tokenizer: text of ids, and which ids write a character."""

    def __init__(self, tokenizer: Any, size: int) -> None:
        self._tokenizer = tokenizer
        self.size = size
        self._pieces: list[str] = []

    def decode(self, ids: Sequence[int]) -> str:
        """The text of `ids`, special tokens included: a verifier is shown all that was written."""
        return self._tokenizer.decode(
            list(ids), skip_special_tokens=False, clean_up_tokenization_spaces=False
        )

    def ids_with(self, characters: set[str]) -> set[int]:
        """Ids whose text may hold one of `characters`.

        Decoded twice in a row, for some tokenizers drop a leading space at the start of a text;
        pieces of a character show as U+FFFD and may complete any character beyond ASCII.
        """
        if not self._pieces:
            count = min(self.size, len(self._tokenizer))
            self._pieces = [self.decode((token, token)) for token in range(count)]
        wanted = set(characters)
        if any(ord(character) > 127 for character in characters):
            wanted.add("\ufffd")
        return {i for i, piece in enumerate(self._pieces) if not wanted.isdisjoint(piece)}
