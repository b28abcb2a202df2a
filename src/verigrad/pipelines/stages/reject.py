"""Rejection sampling: answers of a model that its verifiers pass, filtered and without twins."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from verigrad.core.errors import HaltedError
from verigrad.core.seeds import derive
from verigrad.core.stages import RejectStage
from verigrad.core.types import Group, Judged, Problem, StopReason
from verigrad.pipelines.prepare import Prepared
from verigrad.pipelines.stages.measure import prepared_to_sample, sampled
from verigrad.pipelines.stages.output import Output, Work
from verigrad.pipelines.stages.rows import (
    PAIRS,
    held_out_path,
    row_of,
    train_path,
    write_rows,
)
from verigrad.records.atomic import new_folder, write_json
from verigrad.tasks.overlap import normalized
from verigrad.verifiers.constraints.language import share_in

_RUN = 4  # words that, repeated, make a response unreadable


def reject(work: Work) -> Output:
    """Sample, filter, judge what is kept once more, write; the folder is whole or absent."""
    stage = work.stage
    assert isinstance(stage, RejectStage)
    prepared = prepared_to_sample(work, num_samples=stage.num_samples)
    groups = sampled(prepared, per_task=stage.problems, purpose="reject")
    counts: Counter[str] = Counter()
    kept = [one for group in groups for one in chosen(group, stage, counts)]
    verify_again(prepared, kept)
    with new_folder(work.folder) as folder:
        for name in prepared.tasks:
            rows = [row_of(j.rollout.problem, j.rollout.response) for j in kept if _of(j) == name]
            rows += _worked(prepared, name, stage)
            held = [row_of(p, p.solution) for p in prepared.held_out if p.task == name]
            write_rows(train_path(folder, name), rows)
            write_rows(held_out_path(folder, name), held)
        pairs = [one for group in groups for one in pairs_of(group, stage.per_problem)]
        write_rows(folder / PAIRS, pairs)
        figures = {"sampled": float(sum(len(g.judged) for g in groups)), "kept": float(len(kept))}
        figures |= {f"dropped_{why}": float(n) for why, n in sorted(counts.items())}
        figures |= {"pairs": float(len(pairs)), "mixed_in": float(sum(stage.mix.values()))}
        write_json(folder / "reject.json", figures)
    return Output(None, work.folder, figures)


def chosen(group: Group, stage: RejectStage, counts: Counter[str]) -> list[Judged]:
    """What is kept of a group, in the order it was sampled; `counts` says why others were not."""
    seen: set[str] = set()
    kept: list[Judged] = []
    for judged in group.judged:
        why = fault(judged, stage)
        text = normalized(judged.rollout.response)
        if why is None and text in seen:
            why = "duplicate"
        if why is None and len(kept) == stage.per_problem:
            why = "enough"
        if why is None:
            seen.add(text)
            kept.append(judged)
        else:
            counts[why] += 1
    return kept


def fault(judged: Judged, stage: RejectStage) -> str | None:
    """Why a response may not be learned from; None where it may."""
    text = judged.rollout.response
    if not judged.verdict.is_correct:
        return "not_correct"
    if judged.rollout.stop is not StopReason.END:
        return "unfinished"
    if len(text) < stage.min_chars or (stage.max_chars and len(text) > stage.max_chars):
        return "length"
    if stage.language and share_in(text, stage.language) < stage.language_share:
        return "language"
    if most_repeated(text) > stage.max_repeats or "\ufffd" in text:
        return "unreadable"
    return None


def most_repeated(text: str) -> int:
    """How often the most frequent run of four words occurs; 0 for fewer than four words.

    >>> most_repeated("a b c d a b c d"), most_repeated("a b c")
    (2, 0)
    """
    words = text.split()
    runs = Counter(tuple(words[at : at + _RUN]) for at in range(len(words) - _RUN + 1))
    return max(runs.values(), default=0)


def pairs_of(group: Group, limit: int) -> list[dict[str, object]]:
    """Right beside wrong answers of one problem, finished ones, without twins."""
    whole = [j for j in group.judged if j.verdict.status.is_trainable]
    whole = [j for j in whole if j.rollout.stop is StopReason.END]
    right, wrong = (
        list(dict.fromkeys(j.rollout.response for j in whole if j.verdict.is_correct is kind))
        for kind in (True, False)
    )
    prompt = [message.to_json() for message in group.problem.prompt]
    return [
        {"task": group.problem.task, "prompt": prompt, "chosen": good, "rejected": bad}
        for good, bad in list(zip(right, wrong, strict=False))[:limit]
    ]


def verify_again(prepared: Prepared, kept: Sequence[Judged]) -> None:
    """Every kept trace passes its verifier a second time; HaltedError where one does not."""
    for name, task in prepared.tasks.items():
        own = [j.rollout for j in kept if _of(j) == name]
        verdicts = task.verifier.verify_batch([(r.problem, r.response) for r in own])
        if failed := sum(not verdict.is_correct for verdict in verdicts):
            raise HaltedError(
                f"{failed} of {len(own)} kept traces do not pass their verifier again",
                where=f"task {name}",
                cause="a verifier that is not deterministic",
                remedy="run `verigrad audit` on the recipe: its stability probe finds it",
            )


def _of(judged: Judged) -> str:
    return judged.rollout.problem.task


def _worked(prepared: Prepared, name: str, stage: RejectStage) -> list[dict[str, object]]:
    """Rows of worked solutions to mix in."""
    if not (count := stage.mix.get(name, 0)):
        return []
    seed = derive("mix", seed=prepared.recipe.seed)
    problems: Sequence[Problem] = prepared.tasks[name].source.train(count, step=1, seed=seed)
    return [row_of(problem, problem.solution) for problem in problems if problem.solution]
