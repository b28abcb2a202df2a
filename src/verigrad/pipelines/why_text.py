"""What `why` found, as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from verigrad.pipelines.why import Answer, RolloutWhy
from verigrad.training.diagnosis.derivation import Line, shown
from verigrad.training.diagnosis.why import direction

_HEAVIEST = 24  # tokens of a rollout that are listed, those with the largest weights
_WIDE = 78  # of the middle column


def text_of(answer: Answer) -> str:
    """The whole answer: what was asked, the reckoning, and where the numbers come from."""
    lines = [
        f"step {answer.step}, problem {answer.rollouts[0].problem}: {answer.question[:200]}",
        f"objective {answer.preset}: {answer.formula}",
        f"  {answer.paper}",
    ]
    if answer.changes:
        changes = ", ".join(f"{key} = {value}" for key, value in answer.changes.items())
        lines.append(f"  with {changes}")
    lines.append("")
    if answer.token is not None:
        rollout = answer.rollouts[0]
        token = answer.token
        lines.append(
            f"sample {rollout.sample}, token {token.token} of {rollout.num_tokens}: "
            f"{rollout.tokens[token.token]!r}"
        )
        lines += _table(token.lines)
    elif answer.is_of_one:
        lines += _one_rollout(answer.rollouts[0])
    else:
        lines += _all_rollouts(answer.rollouts)
    if answer.notes:
        lines += ["", *(f"- {note}" for note in answer.notes)]
    return "\n".join(lines)


def _table(lines: Sequence[Line]) -> Iterator[str]:
    width = max(len(line.what) for line in lines)
    for line in lines:
        how = line.how if len(line.how) <= _WIDE else line.how[: _WIDE - 3] + "..."
        value = "" if line.value is None else shown(line.value)
        yield f"  {line.what:<{width}}  {how:<{_WIDE}}  {value:>12}".rstrip()


def _one_rollout(rollout: RolloutWhy) -> Iterator[str]:
    yield f"sample {rollout.sample} ({rollout.fate}), {rollout.num_tokens} tokens"
    lines = [
        *rollout.lines,
        Line("advantage", "as recorded in the step", rollout.recorded_advantage),
        Line("advantage", "recomputed now (mean over its tokens)", rollout.advantage),
        Line("weight", f"of all its tokens: {direction(rollout.weight_sum)}", rollout.weight_sum),
    ]
    yield from _table(lines)
    if not rollout.weights:
        return
    order = sorted(range(len(rollout.weights)), key=lambda i: -abs(rollout.weights[i]))
    chosen = sorted(order[:_HEAVIEST])
    of_all = "" if len(chosen) == len(order) else f" (the {len(chosen)} largest of {len(order)})"
    yield f"  token weights{of_all}; --token T explains one:"
    for index in chosen:
        yield f"    {index:>5}  {rollout.tokens[index]!r:<16} {shown(rollout.weights[index]):>14}"


def _all_rollouts(rollouts: Sequence[RolloutWhy]) -> Iterator[str]:
    yield f"  {'sample':>6}  {'fate':<10}  {'verdict':<12}  {'reward':>8}  {'advantage':>10}  " + (
        f"{'tokens':>6}  {'sum of weights':>14}  {'weight a token':>14}"
    )
    for rollout in rollouts:
        verdict = rollout.lines[0].how.partition(":")[0]
        reward = next((x.value for x in rollout.lines if x.what == "reward"), None)
        cells = [reward, rollout.recorded_advantage]
        reward_text, advantage_text = ("" if c is None else shown(c) for c in cells)
        a_token = rollout.weight_sum / max(1, rollout.num_tokens)
        yield (
            f"  {rollout.sample:>6}  {rollout.fate:<10}  {verdict:<12}  {reward_text:>8}  "
            f"{advantage_text:>10}  {rollout.num_tokens:>6}  {shown(rollout.weight_sum):>14}  "
            f"{shown(a_token):>14}"
        )
    yield "  negative weights make tokens likelier; --sample I shows one rollout"
