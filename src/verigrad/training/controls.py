"""Controls and noise: rewards replaced on purpose, verdicts left as they are.

A control is a reward that must teach nothing of the task; a run beside it shows what the verifier's
word was worth. Noise flips rewards at rates that are known, to see what a correction restores.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import torch

from verigrad.algorithms.noise import backward_correction, forward_correction
from verigrad.core.seeds import stream
from verigrad.core.trust import NoiseSection
from verigrad.core.types import Group, Judged, Reward
from verigrad.judging.task import Task

Pay = Callable[[Judged], float]


def controlled(
    groups: Sequence[Group], control: str, *, tasks: Mapping[str, Task], seed: int, step: int
) -> list[Group]:
    """The groups as a control pays them; as they are for "none".

    random: a fair coin. format_only: an answer stands in its place, whatever it is.
    majority_label: the answer that most of the group gave. shuffled_references: right for the next
    problem of the step.
    """
    if control == "random":
        return [randomise(group, seed=seed, step=step) for group in groups]
    if control == "format_only":
        return [_paid(g, control, lambda j: float(j.verdict.extracted is not None)) for g in groups]
    if control == "majority_label":
        return [_paid(group, control, _agrees_with_most(group)) for group in groups]
    if control == "shuffled_references":
        others = [*groups[1:], *groups[:1]]
        pairs = zip(groups, others, strict=True)
        return [_paid(group, control, _right_for(other, tasks)) for group, other in pairs]
    return list(groups)


def randomise(group: Group, *, seed: int, step: int) -> Group:
    """Every scored reward replaced by a fair coin's."""
    coin = stream("control", seed=seed, step=step, problem=group.problem.id)
    return _paid(group, "random", lambda _: float(coin.random() < 0.5))


def noisy(group: Group, noise: NoiseSection, *, seed: int, step: int) -> Group:
    """Rewards flipped at the injected rates, then corrected by the measured ones.

    ValueError from the corrections where rewards are not 0 or 1.
    """
    flips = stream("noise", seed=seed, step=step, problem=group.problem.id)
    rate = {0.0: noise.inject_false_positive, 1.0: noise.inject_false_negative}

    def flipped(judged: Judged) -> float:
        value = judged.reward.total or 0.0
        return 1.0 - value if flips.random() < rate.get(value, 0.0) else value

    group = _paid(group, "noisy", flipped)
    return _paid(group, "corrected", _correction(noise)) if noise.correction != "none" else group


def _correction(noise: NoiseSection) -> Pay:
    missed, paid = torch.tensor([noise.false_negative]), torch.tensor([noise.false_positive])
    only = torch.zeros(1, dtype=torch.long)

    def pay(judged: Judged) -> float:
        reward = torch.tensor([judged.reward.total or 0.0])
        if noise.correction == "forward":
            return float(forward_correction(reward, only, false_negative_S=missed))
        rates = {"false_positive_S": paid, "false_negative_S": missed}
        return float(backward_correction(reward, only, **rates))

    return pay


def _paid(group: Group, name: str, pay: Pay) -> Group:
    """Every reward that there is replaced by `pay`'s, under a term of its own."""
    judged = tuple(
        j if j.reward.total is None else replace(j, reward=Reward(value := pay(j), {name: value}))
        for j in group.judged
    )
    return replace(group, judged=judged)


def _agrees_with_most(group: Group) -> Pay:
    answers = Counter(_answer(judged) for judged in group.judged if _answer(judged))
    most = max(answers, key=lambda text: (answers[text], text), default="")
    return lambda judged: float(bool(most) and _answer(judged) == most)


def _answer(judged: Judged) -> str:
    extracted = judged.verdict.extracted
    return extracted.text.strip() if extracted else ""


def _right_for(other: Group, tasks: Mapping[str, Task]) -> Pay:
    def pay(judged: Judged) -> float:
        problem = replace(
            judged.rollout.problem, answer=other.problem.answer, info=other.problem.info
        )
        verifier = tasks[problem.task].verifier
        return float(verifier.verify(problem, judged.rollout.response).is_correct)

    return pay
