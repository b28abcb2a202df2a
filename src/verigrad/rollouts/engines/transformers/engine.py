"""The `transformers` engine: samples with a model's own forward pass, whatever its architecture."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from verigrad.core.errors import DataError, SetupError
from verigrad.core.types import Completion
from verigrad.rollouts.engines.base import Capabilities
from verigrad.rollouts.engines.checks import (
    check_requests,
    config_ends,
    generation_ends,
    room,
)
from verigrad.rollouts.engines.options import TransformersOptions
from verigrad.rollouts.engines.torch.randomness import stream_key
from verigrad.rollouts.engines.torch.rows import Sample
from verigrad.rollouts.engines.torch.stops import StopTable, Vocabulary
from verigrad.rollouts.engines.transformers.forward import CachedForward
from verigrad.rollouts.engines.transformers.sampling import sample_batch
from verigrad.rollouts.sampling import GivenText, Request


class TransformersEngine:
    """Rows of equal prompt length are sampled together, at most `max_rows` at a time.

    No row is padded, so attention, recurrent and hybrid models all compute what they compute for
    one text alone. A group's prompt is computed once, and rows that ended are dropped.
    """

    options_type = TransformersOptions

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        *,
        end_token_ids: Sequence[int] = (),
        max_rows: int = 64,
        max_context: int | None = None,
    ) -> None:
        if model.config.is_encoder_decoder:
            raise SetupError(
                f'"{model.config.model_type}" is an encoder with a decoder',
                where="config.json: is_encoder_decoder",
                cause="engines continue a text; this model answers an encoded one",
                remedy="use a causal language model",
            )
        self.model = model
        self.max_rows = max_rows
        own = getattr(model.config, "max_position_embeddings", None)
        limits = [limit for limit in (own, max_context) if limit]
        self.max_context: int | None = min(limits) if limits else None
        self.end_token_ids = tuple(end_token_ids) or config_ends(model.config, tokenizer)
        self._vocab_size: int = model.config.get_text_config().vocab_size
        self._vocabulary = Vocabulary(tokenizer, self._vocab_size)
        self._forward = CachedForward(model)

    @classmethod
    def from_pretrained(cls, path: str | Path, **settings: Any) -> TransformersEngine:
        """From a checkpoint folder or Hub id; `dtype` and `device` as the `torch` engine's."""
        from transformers import AutoModelForCausalLM, AutoTokenizer

        dtype = settings.pop("dtype", torch.float32)
        model = AutoModelForCausalLM.from_pretrained(path, dtype=dtype)
        model = model.to(settings.pop("device", "cpu"))
        tokenizer = settings.pop("tokenizer", None) or AutoTokenizer.from_pretrained(path)
        return cls.from_model(model, tokenizer, shares_weights=True, **settings)

    @classmethod
    def from_model(
        cls, model: Any, tokenizer: Any, *, shares_weights: bool = False, **settings: Any
    ) -> TransformersEngine:
        """From a model in memory: itself with `shares_weights`, else a copy of it."""
        if not settings.get("end_token_ids"):
            settings["end_token_ids"] = generation_ends(model)
        return cls(model if shares_weights else copy.deepcopy(model), tokenizer, **settings)

    @classmethod
    def for_policy(
        cls,
        model: Any,
        tokenizer: Any,
        options: TransformersOptions,
        *,
        end_token_ids: Sequence[int],
        max_rows: int,
    ) -> TransformersEngine:
        """As a recipe names it: sampling with the policy itself."""
        return cls.from_model(
            model,
            tokenizer,
            shares_weights=True,
            end_token_ids=end_token_ids,
            max_rows=max_rows,
            **options.model_dump(),
        )

    @property
    def capabilities(self) -> Capabilities:
        """Everything but prefixes kept from call to call."""
        return Capabilities(
            has_logps=True,
            takes_weights=True,
            is_addressed=True,
            max_context=self.max_context,
            shares_prefix=True,
            scores=True,
        )

    def load(self, weights: Mapping[str, Tensor]) -> None:
        """Copy `weights` into the model; its own tensors cost nothing."""
        own = self.model.state_dict()
        tied = {name for name in own if name not in weights and name.endswith("lm_head.weight")}
        if set(weights) - set(own) or set(own) - set(weights) - tied:
            raise DataError(
                "these weights do not fit the engine's model",
                where=f"missing: {sorted(set(own) - set(weights))[:3]}, "
                f"unknown: {sorted(set(weights) - set(own))[:3]}",
                cause="weights of another model, or of a wrapped one (LoRA, FSDP)",
                remedy="give the full state dict of the architecture the engine was built with",
            )
        with torch.no_grad():
            for name, tensor in weights.items():
                if own[name].shape != tensor.shape:
                    raise DataError(
                        f"{name} has another shape than the engine's model",
                        where=f"{tuple(tensor.shape)}, wanted {tuple(own[name].shape)}",
                    )
                if own[name].data_ptr() != tensor.data_ptr():
                    own[name].copy_(tensor)

    @torch.inference_mode()
    def generate(self, requests: Sequence[Request]) -> list[list[Completion]]:
        """One list of completions for each request, in order."""
        check_requests(requests, max_context=self.max_context, vocab_size=self._vocab_size)
        stops = StopTable(
            {request.sampling for request in requests},
            end_token_ids=self.end_token_ids,
            vocabulary=self._vocabulary,
            device=self.model.device,
        )
        was_training = self.model.training
        self.model.eval()
        done: dict[tuple[int, int], Completion] = {}
        try:
            for batch in self._batches(requests):
                prompts = {s.request: requests[s.request].prompt_ids for s in batch}
                for sample, completion in sample_batch(self._forward, batch, prompts, stops):
                    done[sample.request, sample.index] = completion
        finally:
            self.model.train(was_training)
        return [
            [done[index, sample] for sample in range(request.num_samples)]
            for index, request in enumerate(requests)
        ]

    @torch.inference_mode()
    def score(self, texts: Sequence[GivenText]) -> list[tuple[float, ...]]:
        """Log-probabilities of given responses, each text in a pass of its own."""
        scores: list[tuple[float, ...]] = []
        for text in texts:
            ids = torch.tensor([[*text.prompt_ids, *text.response_ids]], device=self.model.device)
            logits = self.model(input_ids=ids, use_cache=False).logits[0].float()
            start = len(text.prompt_ids)
            logps = logits[start - 1 : -1].div(text.temperature).log_softmax(-1)
            scores.append(tuple(logps.gather(1, ids[0, start:, None])[:, 0].tolist()))
        return scores

    def _batches(self, requests: Sequence[Request]) -> Iterator[list[Sample]]:
        samples = [
            Sample(
                request=index,
                index=sample,
                key=stream_key(request.seed, sample),
                prompt_length=len(request.prompt_ids),
                limit=room(request, self.max_context),
                sampling=request.sampling,
            )
            for index, request in enumerate(requests)
            for sample in range(request.num_samples)
        ]
        samples.sort(key=lambda sample: sample.prompt_length)  # stable: groups stay together
        for _, members in groupby(samples, key=lambda sample: sample.prompt_length):
            equal = list(members)
            for start in range(0, len(equal), self.max_rows):
                yield equal[start : start + self.max_rows]
