"""Signs in what a step's rollouts say: one answer paid everywhere, one text repeated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from verigrad.audit.values import surely_differ
from verigrad.core.types import Judged
from verigrad.core.verdict import Reason

_PROBLEMS = 3  # one answer that is paid on so many problems with different references is constant
_LONG = 40  # characters: shorter responses coincide by chance


def content_metrics(judged: Sequence[Judged]) -> dict[str, float]:
    """`watch/...` shares of a step; empty without rollouts.

    constant_share: of the paid rollouts, those with the commonest answer that was paid on three or
    more problems whose references differ. duplicate_share: rollouts whose text was also given to
    another problem. formed_wrong_share: rollouts with an answer in its place that is wrong.
    """
    if not judged:
        return {}
    formed = sum(
        one.verdict.extracted is not None and one.verdict.reason is Reason.WRONG for one in judged
    )
    return {
        "watch/constant_share": _constant_share(judged),
        "watch/duplicate_share": _duplicate_share(judged),
        "watch/formed_wrong_share": formed / len(judged),
    }


def _constant_share(judged: Sequence[Judged]) -> float:
    paid = [one for one in judged if one.verdict.is_correct]
    groups: dict[str, list[Judged]] = {}
    for one in paid:
        if one.verdict.extracted is not None:
            groups.setdefault(one.verdict.extracted.text.strip(), []).append(one)
    largest = max((len(group) for group in groups.values() if _is_constant(group)), default=0)
    return largest / len(paid) if paid else 0.0


def _is_constant(group: Sequence[Judged]) -> bool:
    """One answer, several problems, references that cannot all be it."""
    answers = {one.rollout.problem.id: one.rollout.problem.answer for one in group}
    if len(answers) < _PROBLEMS:
        return False
    first, *others = answers.values()
    return any(surely_differ(first, other) for other in others)


def _duplicate_share(judged: Sequence[Judged]) -> float:
    problems: dict[str, set[str]] = {}
    for one in judged:
        if len(one.rollout.response) >= _LONG:
            problems.setdefault(one.rollout.response, set()).add(one.rollout.problem.id)
    counts = Counter(one.rollout.response for one in judged)
    shared = sum(counts[text] for text, ids in problems.items() if len(ids) > 1)
    return shared / len(judged)
