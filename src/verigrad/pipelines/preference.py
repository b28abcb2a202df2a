"""A preference model on disk as what answers are rewarded by."""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from verigrad.core.errors import ConfigError, DataError, SetupError
from verigrad.core.recipe import Recipe
from verigrad.core.types import Message, Problem
from verigrad.judging.task import Task
from verigrad.rewards.facts import PREFERENCE
from verigrad.rollouts.render import Renderer
from verigrad.training.packing import Sample
from verigrad.training.policy import pick_device
from verigrad.training.reward_models import Scorer


class Preference:
    """A reward model's score of an answer, rendered in that model's own template and tokens.

    `path` is what the stage `reward_model` left, or any sequence classifier with one label of an
    architecture that we train. Calls take turns, whichever thread they come from; a score depends
    on the answers of one call alone.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        device: torch.device,
        precision: str,
        tokens_per_micro_batch: int,
    ) -> None:
        model, tokenizer = _load(path)
        self.path = path
        self.renderer = Renderer(tokenizer)
        self.scorer = Scorer(
            model.to(device).eval().requires_grad_(requires_grad=False),
            device=device,
            precision=precision,
            tokens_per_micro_batch=tokens_per_micro_batch,
        )
        self._turn = threading.Lock()

    def __call__(self, answers: Sequence[tuple[Problem, str]]) -> list[float]:
        """One score for each answer; DataError for one that is no number."""
        samples = [
            answer_sample(problem.prompt, response, self.renderer) for problem, response in answers
        ]
        with self._turn:
            scores = self.scorer.scores(samples)
        for (problem, response), score in zip(answers, scores, strict=True):
            if not math.isfinite(score):
                raise DataError(
                    f"the reward model scores an answer {score}",
                    where=f"{self.path}, problem {problem.id}, {response[:80]!r}",
                    cause="weights that overflow in this precision",
                    remedy='set model.precision = "float32", or take another reward model',
                )
        return scores


def answer_sample(prompt: Sequence[Message], answer: str, renderer: Renderer) -> Sample:
    """An answer behind its prompt, as the template closes it."""
    whole = renderer.conversation([*prompt, Message("assistant", answer)])
    first = whole.mask.index(True)
    return Sample(whole.ids[:first], whole.ids[first:], whole.mask[first:], 0)


def with_preference(tasks: Mapping[str, Task], recipe: Recipe, *, device: str) -> dict[str, Task]:
    """The tasks with the recipe's reward model; ConfigError where a task pays by one there is not.

    The model is there in every task: where it does not pay, its score is a fact to look at.
    """
    section = recipe.reward_model
    if section is None:
        paid = [name for name, task in tasks.items() if PREFERENCE in task.reward_rule.terms]
        if paid:
            raise ConfigError(
                f"the reward of {', '.join(paid)} reads a preference, and there is no reward model",
                remedy='add `[reward_model]` with `path = "..."`; a stage takes `reward_model = '
                '"STAGE"`, one of its `from`',
            )
        return dict(tasks)
    scorer = Preference(
        section.path,
        device=pick_device(device),
        precision=recipe.model.precision,
        tokens_per_micro_batch=recipe.training.tokens_per_micro_batch,
    )
    return {name: replace(task, preference=scorer) for name, task in tasks.items()}


def _load(path: str | Path) -> tuple[Any, Any]:
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(path)
        model = AutoModelForSequenceClassification.from_pretrained(path, dtype=torch.float32)
    except (OSError, ValueError, KeyError) as error:
        raise SetupError(
            f"cannot load a reward model from {str(path)!r}",
            where=str(error).splitlines()[0][:300] if str(error) else type(error).__name__,
            cause="a misspelt path or hub id, an incomplete checkpoint, or no network",
            remedy="give a folder that AutoModelForSequenceClassification.from_pretrained opens",
        ) from error
    if model.config.num_labels != 1:
        raise ConfigError(
            f"{str(path)!r} has {model.config.num_labels} labels, a reward model has one",
            cause="a classifier, or a language model whose head was made anew",
            remedy="give a model that was trained as a reward model",
        )
    return model, tokenizer
