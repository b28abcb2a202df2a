"""The `torch` engine: samples from a Llama-shaped checkpoint or an in-memory transformers model."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from verigrad.core.errors import HaltedError, SetupError
from verigrad.core.types import Completion
from verigrad.rollouts.engines.base import Capabilities
from verigrad.rollouts.engines.checks import check_requests, config_ends, generation_ends, room
from verigrad.rollouts.engines.options import TorchOptions
from verigrad.rollouts.engines.torch.architecture import read_architecture
from verigrad.rollouts.engines.torch.cache import KeyValueCache
from verigrad.rollouts.engines.torch.captured import SPAN_STEP, CapturedSteps, CudaGraphs
from verigrad.rollouts.engines.torch.decoder import Decoder
from verigrad.rollouts.engines.torch.generation import Generation
from verigrad.rollouts.engines.torch.prefixes import PrefixStore
from verigrad.rollouts.engines.torch.randomness import stream_key
from verigrad.rollouts.engines.torch.rows import Sample, computed_rows
from verigrad.rollouts.engines.torch.stops import StopTable, Vocabulary
from verigrad.rollouts.engines.torch.weights import Weights
from verigrad.rollouts.sampling import GivenText, Request


class TorchEngine:
    """Continuous batching over a preallocated cache, on one device.

    `weights` maps transformers' parameter names to tensors; they are copied unless told otherwise
    (`copies_weights=False`: the engine may keep them as its own). `max_rows` rows at most
    are sampled at a time, and fewer where `cache_bytes` of keys and values do not hold that many.
    Both are part of what makes two runs bit-identical: results depend on the batch in their last
    bits, for sums are taken in another order.
    """

    options_type = TorchOptions

    def __init__(
        self,
        config: Any,
        weights: Mapping[str, Tensor],
        tokenizer: Any,
        *,
        end_token_ids: Sequence[int] = (),
        dtype: torch.dtype = torch.float32,
        device: str | torch.device = "cpu",
        max_rows: int = 256,
        cache_bytes: int = 2 << 30,
        max_context: int | None = None,
        copies_weights: bool = True,
        cuda_graphs: bool = True,
    ) -> None:
        if dtype not in (torch.float32, torch.bfloat16):
            raise SetupError(
                f"the torch engine does not compute in {dtype}", remedy="use float32 or bfloat16"
            )
        architecture = read_architecture(config)
        device = torch.device(device)
        self.max_context = min(max_context or architecture.max_context, architecture.max_context)
        self.max_rows, self.cache_bytes = max_rows, cache_bytes
        self.end_token_ids = tuple(end_token_ids) or config_ends(config, tokenizer)
        self._weights = Weights(
            architecture, weights, dtype=dtype, device=device, is_copied=copies_weights
        )
        self._decoder = Decoder(architecture, self._weights, config, max_context=self.max_context)
        self._prefixes = PrefixStore()
        self._fingerprint: Tensor | None = None
        self._is_running = False
        self._vocabulary = Vocabulary(tokenizer, architecture.vocab_size)
        self._cache = KeyValueCache(
            num_layers=architecture.num_layers,
            num_kv_heads=architecture.num_kv_heads,
            head_dim=architecture.head_dim,
            device=device,
            dtype=torch.float32 if device.type == "cpu" else dtype,
        )
        self._captured: CapturedSteps | None = None
        if device.type == "cuda" and cuda_graphs:
            self._captured = CapturedSteps(self._decoder, self._cache, CudaGraphs())

    @classmethod
    def from_pretrained(cls, path: str | Path, **settings: Any) -> TorchEngine:
        """From a transformers checkpoint: a folder or a Hub id. `settings` go to the constructor;
        `tokenizer` and `end_token_ids` default to the checkpoint's.
        """
        from transformers import AutoModelForCausalLM, AutoTokenizer

        dtype = settings.setdefault("dtype", torch.float32)
        model = AutoModelForCausalLM.from_pretrained(path, dtype=dtype)
        tokenizer = settings.pop("tokenizer", None) or AutoTokenizer.from_pretrained(path)
        settings.setdefault("end_token_ids", generation_ends(model))
        return cls(model.config, model.state_dict(), tokenizer, copies_weights=False, **settings)

    @classmethod
    def from_model(
        cls, model: Any, tokenizer: Any, *, shares_weights: bool = False, **settings: Any
    ) -> TorchEngine:
        """From a transformers model in memory, in its own type and on its device by default.

        With `shares_weights` the model's parameters are made to live in the engine's storage: an
        optimizer's in-place steps are sampled from without a copy.
        """
        parameter = next(model.parameters())
        settings = {"dtype": parameter.dtype, "device": parameter.device, **settings}
        settings.setdefault("end_token_ids", generation_ends(model))
        engine = cls(
            model.config,
            model.state_dict(),
            tokenizer,
            copies_weights=not shares_weights,
            **settings,
        )
        if shares_weights:
            engine.share_weights(model)
        return engine

    @classmethod
    def for_policy(
        cls,
        model: Any,
        tokenizer: Any,
        options: TorchOptions,
        *,
        end_token_ids: Sequence[int],
        max_rows: int,
    ) -> TorchEngine:
        """As a recipe names it: sampling from the model's own weights."""
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
        """All there is."""
        return Capabilities(
            has_logps=True,
            takes_weights=True,
            is_addressed=True,
            max_context=self.max_context,
            shares_prefix=True,
            keeps_prefix=True,
            scores=True,
            gives_up=True,
        )

    @property
    def cache_bytes_per_token(self) -> int:
        """Bytes of keys and values that one token of one row takes."""
        return self._cache.bytes_per_token

    def share_weights(self, model: nn.Module) -> None:
        """Make `model`'s parameters live in this engine's storage (same type and device)."""
        self._weights.adopt(model)

    def load(self, weights: Mapping[str, Tensor]) -> None:
        """Copy `weights` into place; tensors that are shared already cost nothing."""
        self._weights.load(weights)
        self._prefixes.clear()

    def generate(self, requests: Sequence[Request]) -> list[list[Completion]]:
        """One list of completions for each request, in order."""
        done = {(request, sample): c for request, sample, c in self.stream(requests)}
        return [
            [done[index, sample] for sample in range(request.num_samples)]
            for index, request in enumerate(requests)
        ]

    def stream(
        self, requests: Sequence[Request], *, dropped: Container[int] = frozenset()
    ) -> Iterator[tuple[int, int, Completion]]:
        """(request, sample, completion) as they finish; the completions are those of `generate`.

        `dropped` is looked at again and again: the samples of a request that is in it are sampled
        no further and never given out. A caller adds a request once it knows enough of its group.
        """
        if not requests:
            return
        check_requests(
            requests,
            max_context=self.max_context,
            vocab_size=self._decoder.architecture.vocab_size,
        )
        self._require_idle()
        self._weights.refresh()
        self._forget_if_changed(requests)
        samples = [
            sample for index, request in enumerate(requests) for sample in self._of(index, request)
        ]
        self._shape_cache(samples)
        stops = StopTable(
            {request.sampling for request in requests},
            end_token_ids=self.end_token_ids,
            vocabulary=self._vocabulary,
            device=self._decoder.device,
        )
        generation = Generation(
            self._decoder,
            self._cache,
            stops,
            requests=requests,
            samples=samples,
            dropped=dropped,
            prefixes=self._prefixes,
            captured=self._captured,
        )
        self._is_running = True
        try:
            running = generation.run()
            while True:
                with torch.inference_mode():  # never while the caller's code runs
                    finished = next(running, None)
                if finished is None:
                    return
                sample, completion = finished
                yield sample.request, sample.index, completion
        except HaltedError:
            self._cache.clear()
            raise
        finally:
            self._is_running = False

    @torch.inference_mode()
    def score(self, texts: Sequence[GivenText]) -> list[tuple[float, ...]]:
        """Log-probabilities of given responses. Texts of one prompt are computed one by one."""
        scores: list[tuple[float, ...]] = []
        for text in texts:
            start = len(text.prompt_ids)
            logits = self.logits((*text.prompt_ids, *text.response_ids))[start - 1 : -1]
            logps = logits.div_(text.temperature).log_softmax(-1)
            own = torch.tensor(text.response_ids, device=logps.device)[:, None]
            scores.append(tuple(logps.gather(1, own)[:, 0].tolist()))
        return scores

    @torch.inference_mode()
    def logits(self, ids: Sequence[int]) -> Tensor:
        """Float32 logits after every token of one text (T x V): for tests and diagnosis."""
        from verigrad.rollouts.engines.torch.attention import PromptAttention

        self._require_idle()
        self._weights.refresh()
        self._cache.shape(num_slots=1, length=len(ids))
        device = self._decoder.device
        attend = PromptAttention(
            self._decoder.architecture,
            self._cache,
            torch.zeros(1, dtype=torch.int64, device=device),
            start=0,
            num_new=len(ids),
        )
        tokens = torch.tensor(list(ids), device=device)
        hidden = self._decoder.forward(tokens, torch.arange(len(ids), device=device), attend)
        return self._decoder.logits(hidden)

    def _of(self, index: int, request: Request) -> list[Sample]:
        return [
            Sample(
                request=index,
                index=sample,
                key=stream_key(request.seed, sample),
                prompt_length=len(request.prompt_ids),
                limit=room(request, self.max_context),
                sampling=request.sampling,
            )
            for sample in range(request.num_samples)
        ]

    def _require_idle(self) -> None:
        """One call at a time: the cache is the engine's, not the call's."""
        if self._is_running:
            raise RuntimeError("this engine is still sampling: take its stream to the end first")

    def _shape_cache(self, samples: Sequence[Sample]) -> None:
        length = max(sample.prompt_length + sample.limit for sample in samples)
        if self._captured is not None:  # a few lengths only: what is captured holds for one
            length = -(-length // SPAN_STEP) * SPAN_STEP
        fitting = self.cache_bytes // (self._cache.bytes_per_token * length)
        if fitting < 1:
            raise SetupError(
                f"cache_bytes = {self.cache_bytes} do not hold one row of {length} tokens",
                where=f"{self._cache.bytes_per_token} bytes a token",
                remedy="raise cache_bytes, or lower max_output_tokens",
            )
        num_slots = min(len(samples), self.max_rows, fitting)
        if self._captured is not None:
            rounded = computed_rows(num_slots, is_captured=True)
            num_slots = min(rounded, self.max_rows, fitting)
        self._cache.shape(num_slots=num_slots, length=length)
        self._prefixes.shrink(self.cache_bytes - self._cache.held_bytes)

    def _forget_if_changed(self, requests: Sequence[Request]) -> None:
        """Forget kept prefixes where weights that are shared changed without a call of `load`."""
        if not len(self._prefixes) and not any(request.is_continued for request in requests):
            return
        now = self._weights.fingerprint()
        if self._fingerprint is not None and not torch.equal(now, self._fingerprint):
            self._prefixes.clear()
        self._fingerprint = now
