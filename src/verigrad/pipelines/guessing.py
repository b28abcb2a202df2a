"""Answers without reasoning: what is right then teaches none (Kimi k1.5, arXiv 2501.12599, 2.1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from verigrad.core.errors import ConfigError
from verigrad.core.seeds import derive
from verigrad.core.types import Completion, Group, Message, Problem, Rollout
from verigrad.judging.judge import judge
from verigrad.pipelines.prepare import Prepared
from verigrad.rollouts.render import Renderer
from verigrad.rollouts.sampling import Request, SamplingParameters


@dataclass(frozen=True, slots=True, kw_only=True)
class GuessSettings:
    """`count` attempts of at most `max_tokens` at each problem (none: 0).

    `asking` stands behind the question; the answer is begun with `start`, which `max_tokens` does
    not count. Templates that can are told not to think (`enable_thinking`).
    """

    count: int = 0
    max_tokens: int = 16
    asking: str = "\n\nGive only the final answer, without any reasoning."
    start: str = ""


def guess(
    prepared: Prepared, pool: Sequence[Problem], settings: GuessSettings, *, draw: int
) -> list[Group]:
    """Judged attempts at each problem, by the task's verifier; environments take no part.

    ConfigError where the model has no tokens for what it is told, or no room.
    """
    engine = prepared.make_engine()
    renderer = prepared.renderer.with_options(enable_thinking=False)
    prompts = [_prompt(problem, renderer, settings) for problem in pool]
    _check(prompts, renderer, settings, engine.capabilities.max_context)
    rollouts, seed = prepared.recipe.rollouts, prepared.recipe.seed
    sampling = SamplingParameters.of(rollouts, max_output_tokens=settings.max_tokens)
    requests = [
        Request(ids, settings.count, sampling, derive("guess", seed=seed, problem=p.id, draw=draw))
        for ids, p in zip(prompts, pool, strict=True)
    ]
    groups = [
        [_rollout(request, problem, n, one, settings.start) for n, one in enumerate(completions)]
        for request, problem, completions in zip(
            requests, pool, engine.generate(requests), strict=True
        )
    ]
    return judge(prepared.tasks, groups)


def _prompt(problem: Problem, renderer: Renderer, settings: GuessSettings) -> tuple[int, ...]:
    """The last user message with `asking` behind it, and `start` behind the opened turn."""
    messages = list(problem.prompt)
    last = max((n for n, message in enumerate(messages) if message.role == "user"), default=None)
    if last is not None:
        messages[last] = replace(messages[last], content=messages[last].content + settings.asking)
    return renderer.prompt(messages) + renderer.encode(settings.start)


def _rollout(
    request: Request, problem: Problem, sample: int, completion: Completion, start: str
) -> Rollout:
    length = len(completion.token_ids)
    return Rollout(
        problem=problem,
        sample=sample,
        prompt_ids=request.prompt_ids,
        response_ids=completion.token_ids,
        loss_mask=(True,) * length,
        logps=completion.logps or (0.0,) * length,
        messages=(Message("assistant", start + completion.text),),
        stop=completion.stop,
    )


def _check(
    prompts: Sequence[tuple[int, ...]],
    renderer: Renderer,
    settings: GuessSettings,
    max_context: int | None,
) -> None:
    told = set(renderer.encode(settings.asking)) | set(renderer.encode(settings.start))
    if renderer.tokenizer.unk_token_id in told:
        raise ConfigError(
            "the model has no tokens for what it is told when it guesses",
            where=f"--guess-prompt {settings.asking!r}, --guess-start {settings.start!r}",
            cause="a tokenizer with a small alphabet",
            remedy="give `--guess-prompt ''`, and `--guess-start` what an answer begins with",
        )
    longest = max(map(len, prompts), default=0)
    if max_context is not None and longest >= max_context:
        raise ConfigError(
            f"a prompt of {longest} tokens fills a context of {max_context}",
            where=f"--guess-prompt {settings.asking!r}",
            remedy="shorten it, or use a model with a longer context",
        )
