"""A process reward model on disk as what test-time methods hope by."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from verigrad.core.types import Problem
from verigrad.rollouts.render import Renderer


class ProcessHope:
    """The probability that an answer so far is right: the sigmoid of the score of its last token.

    `folder` is what the stage `process_reward_model` left, or any sequence classifier with one
    label whose tokenizer is the policy's. Scores are kept: a search asks for one text many times.
    """

    def __init__(self, folder: Path, renderer: Renderer) -> None:
        from transformers import AutoModelForSequenceClassification

        self.model: Any = AutoModelForSequenceClassification.from_pretrained(folder).eval()
        self.renderer = renderer
        self._known: dict[tuple[int, ...], float] = {}

    @torch.no_grad()
    def __call__(self, problem: Problem, text: str) -> float:
        """In [0, 1]; of no text, how much there is to hope at the start."""
        ids = (*self.renderer.prompt(problem.prompt), *self.renderer.encode(text))
        if ids not in self._known:
            logits = self.model(input_ids=torch.tensor([ids])).logits
            self._known[ids] = float(logits[0, 0].sigmoid())
        return self._known[ids]
