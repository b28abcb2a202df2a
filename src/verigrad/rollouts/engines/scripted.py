"""An engine for tests: answers come from a function or a table; nothing is computed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from verigrad.core.errors import DataError
from verigrad.core.types import Completion, StopReason
from verigrad.rollouts.engines.base import Capabilities
from verigrad.rollouts.engines.checks import check_requests
from verigrad.rollouts.sampling import Request

Script = Callable[[str, int], str]


class ScriptedEngine:
    """Says what the script says.

    `script(prompt_text, sample)` is the answer's text, or a table maps a part of the prompt's
    text to the answers of samples 0, 1, ... (repeated from the start when they run out). Token
    ids are the tokenizer's for that text, then `end_token_id`; every token gets `logp`. An answer
    over `max_output_tokens` is cut. `loaded` counts calls of `load`.
    """

    def __init__(
        self,
        script: Script | Mapping[str, Sequence[str]],
        tokenizer: Any,
        *,
        end_token_id: int | None = None,
        logp: float = -0.5,
        max_context: int | None = None,
    ) -> None:
        self._script = script
        self._tokenizer = tokenizer
        self._end = tokenizer.eos_token_id if end_token_id is None else end_token_id
        self._logp = logp
        self._max_context = max_context
        self.loaded = 0

    @property
    def capabilities(self) -> Capabilities:
        """Log-probabilities are made up; weights are taken and ignored."""
        return Capabilities(
            has_logps=True, takes_weights=True, is_addressed=True, max_context=self._max_context
        )

    def generate(self, requests: Sequence[Request]) -> list[list[Completion]]:
        """The script's answers."""
        check_requests(requests, max_context=self._max_context, vocab_size=None)
        return [
            [self._complete(request, sample) for sample in range(request.num_samples)]
            for request in requests
        ]

    def load(self, weights: Mapping[str, Any]) -> None:  # noqa: ARG002 (there is no model)
        """Counted, and otherwise ignored."""
        self.loaded += 1

    def _complete(self, request: Request, sample: int) -> Completion:
        prompt = self._tokenizer.decode(list(request.prompt_ids))
        text, stop = self._answer(prompt, sample), StopReason.END
        for string in request.sampling.stop:
            if (at := text.find(string)) >= 0:
                text, stop = text[:at], StopReason.STOP
        ids = tuple(self._tokenizer.encode(text, add_special_tokens=False))
        room = request.sampling.max_output_tokens
        if self._max_context is not None:
            room = min(room, self._max_context - len(request.prompt_ids))
        if stop is StopReason.END:
            ids = (*ids, self._end)
        if len(ids) > room:
            ids, stop = ids[:room], StopReason.LENGTH
            text = self._tokenizer.decode(list(ids))
        return Completion(text, ids, (self._logp,) * len(ids), stop)

    def _answer(self, prompt: str, sample: int) -> str:
        if callable(self._script):
            return self._script(prompt, sample)
        for part, answers in self._script.items():
            if part in prompt:
                return answers[sample % len(answers)]
        raise DataError(
            "the script has no answer for a prompt",
            where=f"{prompt[-200:]!r}",
            remedy="add a part of this prompt to the table",
        )
