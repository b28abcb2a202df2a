"""The `vllm` engine: vLLM in this process, its weights replaced in place between calls."""

from __future__ import annotations

import gc
import importlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from verigrad.core.errors import ConfigError, DataError, SetupError
from verigrad.core.types import Completion
from verigrad.rollouts.engines.base import Capabilities, Engine
from verigrad.rollouts.engines.checks import (
    check_requests,
    config_ends,
    generation_ends,
    room,
)
from verigrad.rollouts.engines.torch.stops import Vocabulary
from verigrad.rollouts.engines.vllm.options import VllmOptions
from verigrad.rollouts.engines.vllm.wire import completion_of, sampling_settings
from verigrad.rollouts.sampling import GivenText, Request

_ENVIRONMENT = {
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",  # the model in this process: weights need no transport
    "VLLM_NO_USAGE_STATS": "1",
    "VLLM_LOGGING_LEVEL": "ERROR",
}


class VllmEngine:
    """Samples with vLLM from the checkpoint in `path`; `load` replaces its weights in place.

    Log-probabilities are vLLM's "processed" ones, which are the contract's as long as nothing is
    truncated: `top_p` and `top_k` are refused. Every sample has a generator of its own, so it is
    decided by its address up to the last bits of the logits.
    """

    options_type = VllmOptions

    def __init__(
        self,
        path: str | Path,
        tokenizer: Any,
        options: VllmOptions,
        *,
        end_token_ids: Sequence[int] = (),
        max_rows: int = 256,
    ) -> None:
        vllm = _import_vllm(options)
        self._vllm = vllm
        self._llm: Any = vllm.LLM(
            model=str(path),
            dtype=options.dtype,
            max_model_len=options.max_context,
            max_num_seqs=max_rows,
            logprobs_mode="processed_logprobs",
            enforce_eager=options.enforce_eager,
            tensor_parallel_size=options.tensor_parallel,
            gpu_memory_utilization=options.memory_share,
            enable_prefix_caching=True,
            disable_log_stats=True,
        )
        config = self._llm.llm_engine.vllm_config.model_config
        self.max_context = int(config.max_model_len)
        self.end_token_ids = tuple(end_token_ids) or config_ends(config.hf_config, tokenizer)
        self._vocab_size = int(config.get_vocab_size())
        self._vocabulary = Vocabulary(tokenizer, self._vocab_size)
        self._shapes: dict[str, tuple[int, ...]] = {}

    @classmethod
    def for_policy(
        cls,
        model: Any,
        tokenizer: Any,
        options: VllmOptions,
        *,
        end_token_ids: Sequence[int],
        max_rows: int,
    ) -> Engine:
        """As a recipe names it: from the policy's weights, or the server that `url` names."""
        ends = tuple(end_token_ids) or generation_ends(model)
        if options.url is not None:
            from verigrad.rollouts.engines.vllm.server import VllmServerEngine

            server = VllmServerEngine(options, tokenizer, end_token_ids=ends)
            server.load(model.state_dict())
            return server
        folder = Path(tempfile.mkdtemp(prefix="verigrad-vllm-"))
        try:
            model.save_pretrained(folder)
            tokenizer.save_pretrained(folder)
            engine = cls(folder, tokenizer, options, end_token_ids=ends, max_rows=max_rows)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        engine._shapes = {name: tuple(t.shape) for name, t in model.state_dict().items()}
        return engine

    @property
    def capabilities(self) -> Capabilities:
        """vLLM shares equal prefixes within a call and keeps them between calls."""
        return Capabilities(
            has_logps=True,
            takes_weights=True,
            is_addressed=True,
            max_context=self.max_context,
            shares_prefix=True,
            keeps_prefix=True,
            scores=True,
        )

    def generate(self, requests: Sequence[Request]) -> list[list[Completion]]:
        """One list of completions for each request, in order."""
        check_requests(requests, max_context=self.max_context, vocab_size=self._vocab_size)
        prompts: list[Any] = []
        settings: list[Any] = []
        for request in requests:
            refuse_truncation(request)
            for sample in range(request.num_samples):
                prompts.append({"prompt_token_ids": list(request.prompt_ids)})
                fields = sampling_settings(request, sample, ends=self.end_token_ids)
                fields["max_tokens"] = room(request, self.max_context)
                settings.append(self._vllm.SamplingParams(**fields))
        outputs = iter(self._llm.generate(prompts, settings, use_tqdm=False) if prompts else ())
        return [
            [
                completion_of(
                    next(outputs).outputs[0],
                    request.sampling,
                    ends=self.end_token_ids,
                    vocabulary=self._vocabulary,
                )
                for _ in range(request.num_samples)
            ]
            for request in requests
        ]

    def score(self, texts: Sequence[GivenText]) -> list[tuple[float, ...]]:
        """Log-probabilities of given responses, at temperature 1."""
        for text in texts:
            if text.temperature != 1.0:
                raise ConfigError(
                    "vLLM gives log-probabilities of given texts at temperature 1 only",
                    where=f"temperature = {text.temperature}",
                    remedy="score at temperature 1, or with the torch engine",
                )
        prompts = [{"prompt_token_ids": [*t.prompt_ids, *t.response_ids]} for t in texts]
        settings = self._vllm.SamplingParams(max_tokens=1, temperature=1.0, prompt_logprobs=0)
        outputs = self._llm.generate(prompts, settings, use_tqdm=False) if prompts else []
        scores: list[tuple[float, ...]] = []
        for text, output in zip(texts, outputs, strict=True):
            rows = output.prompt_logprobs[len(text.prompt_ids) :]
            pairs = zip(text.response_ids, rows, strict=True)
            scores.append(tuple(float(row[token].logprob) for token, row in pairs))
        return scores

    def load(self, weights: Mapping[str, Any]) -> None:
        """Replace the weights in place: nothing is started again, no checkpoint is written."""
        given = {name: tuple(tensor.shape) for name, tensor in weights.items()}
        tied = {name for name in self._shapes if name.endswith("lm_head.weight")} - set(given)
        expected = {name: shape for name, shape in self._shapes.items() if name not in tied}
        if expected and given != expected:
            wrong = sorted(n for n in given.keys() | expected if given.get(n) != expected.get(n))
            raise DataError(
                "these weights do not fit the engine's model",
                where=f"missing, unknown or of another shape: {wrong[:3]}",
                cause="weights of another model, or of a wrapped one (LoRA, FSDP)",
                remedy="give the full state dict of the architecture the engine was built with",
            )
        self._llm.collective_rpc("reload_weights", kwargs={"weights_iterator": _detached(weights)})
        self._llm.reset_prefix_cache()

    def close(self) -> None:
        """Give up vLLM's memory."""
        self._llm = None
        gc.collect()


def refuse_truncation(request: Request) -> None:
    """ConfigError for top-p and top-k: vLLM's log-probabilities would be of what they leave."""
    if request.sampling.is_truncated:
        raise ConfigError(
            "with top_p or top_k vLLM's log-probabilities are not those of the policy",
            where=f"{request.sampling}",
            cause="vLLM gives them after truncation, an objective compares them before it",
            remedy="leave top_p and top_k out, or sample with the torch engine",
        )


def _detached(weights: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, tensor in weights.items():
        yield name, tensor.detach()


def _import_vllm(options: VllmOptions) -> Any:
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    os.environ.setdefault("VLLM_CPU_KVCACHE_SPACE", str(options.cache_gib))
    try:
        return importlib.import_module("vllm")
    except ImportError as error:
        raise SetupError(
            "vLLM cannot be imported",
            where=str(error),
            cause="the extra is not installed, or another build of torch than vLLM's",
            remedy='pip install "verigrad[vllm]", or use the torch engine',
        ) from error
