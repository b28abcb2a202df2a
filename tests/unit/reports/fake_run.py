"""A run as a training would have recorded it, made up from a seed: for tests and pictures.

    python tests/unit/reports/fake_run.py FOLDER [--steps 60] [--control FOLDER]

The "policy" adds two numbers digit by digit and is right with a chance that grows; everything
else (verdicts, rewards, advantages, metrics, evaluations) follows from what it wrote.
"""

from __future__ import annotations

import argparse
import json
import math
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import mean, pstdev

from verigrad.core.seeds import stream
from verigrad.core.statistics import wilson
from verigrad.core.types import Judged, Message, Problem, Reward, Rollout, StopReason
from verigrad.core.verdict import Extracted, Reason, Verdict
from verigrad.records.environment import gather_environment
from verigrad.records.evaluation import Evaluation
from verigrad.records.record import RunRecord, VerifierRecord
from verigrad.records.rollouts import Fate, RolloutRecord
from verigrad.records.run import RunFolder
from verigrad.verifiers.base import Verifier, correct, rejected

LIMIT = 120
LETTERS = [chr(code) for code in range(32, 127)] + ["\n"]
RECIPE = """name = "addition"
seed = 0
[model.build]
hidden_size = 128
[[task]]
name = "addition"
source = { generator = "addition", digits = 3 }
verifier = { kind = "math", answer_in = "boxed" }
[objective]
preset = "dr_grpo"
"""


class Boxed(Verifier):
    """The one integer in a box, compared with the reference."""

    name = "math"
    version = "1"
    proves = "the one boxed integer equals the reference"
    cannot = "that the steps before it are right"

    def judge(self, problem: Problem, response: str) -> Verdict:
        starts = [at for at in range(len(response)) if response.startswith("\\boxed{", at)]
        if not starts:
            return rejected(Reason.NO_ANSWER)
        texts = {response[at + 7 :].partition("}")[0] for at in starts}
        if len(texts) > 1:
            return rejected(Reason.AMBIGUOUS, evidence={"answers": sorted(texts)})
        [text] = texts
        found = Extracted(text, starts[-1] + 7, starts[-1] + 7 + len(text), "boxed")
        if not text.isdigit():
            return rejected(Reason.MALFORMED, extracted=found)
        facts = {
            "canonical_response": str(int(text)),
            "canonical_reference": problem.answer,
            "method": "integer",
            "certainty": "exact",
        }
        if int(text) == int(problem.answer):
            return correct(extracted=found, **facts)
        gap = abs(int(text) - int(problem.answer))
        return rejected(Reason.WRONG, extracted=found, evidence={"difference": gap}, **facts)


@dataclass
class Policy:
    """How often a digit is right, the box is there, and how much is said."""

    skill: float
    form: float

    def write(self, problem: Problem, *, rng: Random) -> str:
        a, b = problem.info["a"], problem.info["b"]
        lines, carry, digits = [], 0, []
        for place in range(3):
            x, y = a // 10**place % 10, b // 10**place % 10
            total = x + y + carry
            if rng.random() > self.skill ** (1.6 if total > 9 else 0.7):
                total = max(0, total + rng.choice([-10, -1, 1, 10]))
            lines.append(f"{x}+{y}+{carry}={total}, write {total % 10} carry {total // 10}")
            digits.append(total % 10)
            carry = total // 10
        answer = int("".join(map(str, [carry, *reversed(digits)])))
        text = "\n".join(lines)
        if rng.random() > self.form:
            return text + rng.choice(
                [
                    f"\nso {answer}",
                    f"\n\\boxed{{{answer}}} or \\boxed{{7}}",
                    "\n\\boxed{?}",
                    "\n" + "0" * 90,
                ]
            )
        return f"{text}\n\\boxed{{{answer}}}"


def make_problem(*, split: str, index: int) -> Problem:
    rng = stream("problem", split=split, index=index)
    a, b = rng.randrange(100, 1000), rng.randrange(100, 1000)
    prompt = (
        Message("system", "Add digit by digit and put the sum in \\boxed{}."),
        Message("user", f"What is {a} + {b}?"),
    )
    return Problem(prompt=prompt, answer=str(a + b), info={"a": a, "b": b}, task="addition")


def attempt(policy: Policy, problem: Problem, *, sample: int, rng: Random) -> Judged:
    text = policy.write(problem, rng=rng)[:LIMIT]
    ids = tuple(LETTERS.index(letter) for letter in text)
    sure = 0.9 + 0.09 * policy.skill
    rollout = Rollout(
        problem=problem,
        sample=sample,
        prompt_ids=tuple(range(20)),
        response_ids=ids,
        loss_mask=(True,) * len(ids),
        logps=tuple(
            math.log(min(1.0, rng.betavariate(18 * sure, 18 * (1 - sure)) + 1e-6)) for _ in ids
        ),
        messages=(Message("assistant", text),),
        stop=StopReason.LENGTH if len(text) == LIMIT else StopReason.END,
    )
    verdict = Boxed().verify(problem, text)
    if rng.random() < 0.001:
        verdict = Verdict(
            Reason.INFRASTRUCTURE.status,
            Reason.INFRASTRUCTURE,
            None,
            evidence={"why": "the worker died"},
        )
    if verdict.score is None:
        return Judged(rollout, verdict, Reward(None, {}))
    terms = {"correct": verdict.score, "length": -0.0005 * len(text)}
    return Judged(rollout, verdict, Reward(sum(terms.values()), terms))


def step_records(
    policy: Policy, *, step: int, num_groups: int, num_rollouts: int
) -> list[RolloutRecord]:
    records = []
    for group in range(num_groups):
        problem = make_problem(split="train", index=step * num_groups + group)
        rng = stream("rollouts", step=step, group=group, skill=policy.skill)
        judged = [attempt(policy, problem, sample=s, rng=rng) for s in range(num_rollouts)]
        rewards = [item.reward.total for item in judged if item.reward.total is not None]
        spread = len(set(rewards)) > 1
        for item in judged:
            total = item.reward.total
            fate = Fate.NOT_SCORED if total is None else Fate.TRAINED if spread else Fate.NO_SPREAD
            advantage = None if total is None else total - mean(rewards)
            records.append(RolloutRecord(step, group, item, advantage, fate))
    return records


def step_metrics(
    records: list[RolloutRecord], *, progress: float, rng: Random
) -> dict[str, float | None]:
    judged = [record.judged for record in records]
    rewards = [item.reward.total for item in judged if item.reward.total is not None]
    lengths = [item.rollout.num_response_tokens for item in judged]
    reasons = Counter(item.verdict.reason for item in judged)
    return {
        "reward/mean": mean(rewards),
        "reward/std": pstdev(rewards),
        "score/mean": mean(item.verdict.score for item in judged if item.verdict.score is not None),
        "length/mean": mean(lengths),
        "length/max": max(lengths),
        "rollouts/count": len(judged),
        "rollouts/truncated_share": mean(item.rollout.stop.is_truncated for item in judged),
        "entropy/mean": 0.42 * (1 - 0.8 * progress) * rng.uniform(0.95, 1.05),
        "kl/reference": 0.09 * progress**1.3 * rng.uniform(0.9, 1.1),
        "kl/old": 0.002 * rng.uniform(0.5, 1.5),
        "clip/share": 0.02 * rng.uniform(0.4, 1.6) * (1.4 - progress),
        "gradient/norm": 0.8 * rng.uniform(0.6, 1.5) * (1.3 - progress),
        "learning_rate/value": 1e-4,
        **{f"verdict/{reason}": count for reason, count in reasons.items()},
        "time/generate_s": 0.31 * rng.uniform(0.9, 1.15),
        "time/verify_s": 0.011 * rng.uniform(0.8, 1.4),
        "time/update_s": 0.24 * rng.uniform(0.95, 1.1),
    }


def evaluate(
    run: RunFolder, policy: Policy, *, name: str, step: int, num_problems: int
) -> Evaluation:
    records = []
    for index in range(num_problems):
        rng = stream("evaluation", index=index, skill=policy.skill)
        item = attempt(policy, make_problem(split="held_out", index=index), sample=0, rng=rng)
        records.append(RolloutRecord(step, index, item, None, Fate.EVALUATED))
    verdicts = [record.judged.verdict for record in records]
    right = sum(verdict.is_correct for verdict in verdicts)
    interval = wilson(right, num_problems)
    found = Evaluation(
        name=name,
        step=step,
        num_problems=num_problems,
        num_correct=right,
        num_unscored=sum(verdict.score is None for verdict in verdicts),
        accuracy=interval.value,
        low=interval.low,
        high=interval.high,
        confidence=0.95,
        verifier="math",
        verifier_version="1",
        verifier_digest=Boxed().digest,
        by_reason=Counter(str(verdict.reason) for verdict in verdicts),
        by_task={"addition": interval.value},
    )
    run.write_evaluation(found, records)
    return found


def make_run(
    path: Path,
    *,
    num_steps: int = 60,
    num_groups: int = 24,
    num_rollouts: int = 8,
    num_problems: int = 512,
    learns: bool = True,
    control_run: str | None = None,
    ending: str | None = "finished",
    recipe: str = RECIPE,
) -> RunFolder:
    """A whole run folder; `ending` None leaves it unfinished, as a live run is."""
    resolved = {
        "name": "addition",
        "model": {"build": {"architecture": "qwen3"}},
        "objective": {"preset": "dr_grpo"},
        "training": {"steps": num_steps},
    }
    run = RunFolder.create(path, recipe, resolved=resolved, environment=gather_environment())
    warm = run.metrics_writer(stage="warm_up")
    for step in range(1, 121):
        warm.write(
            step, {"loss/supervised": 0.35 + 3.2 * math.exp(-step / 22)}
        ) if step % 4 == 0 else None
    writer = run.metrics_writer()
    writer.event("started", at="2026-11-20T10:00:00Z")
    start = Policy(0.8, 0.85)
    evaluate(run, start, name="before", step=0, num_problems=num_problems)
    policy = start
    for step in range(1, num_steps + 1):
        progress = step / num_steps if learns else 0.0
        gain = 1 / (1 + math.exp(-9 * (progress - 0.4)))
        policy = Policy(0.8 + 0.194 * gain * learns, 0.85 + 0.148 * gain * learns)
        records = step_records(policy, step=step, num_groups=num_groups, num_rollouts=num_rollouts)
        run.write_rollouts(step, records)
        writer.write(
            step, step_metrics(records, progress=progress, rng=stream("metrics", step=step))
        )
        if step % 20 == 0 and step < num_steps:
            evaluate(run, policy, name=f"step_{step:06d}", step=step, num_problems=num_problems)
    write_checkpoint(run, num_steps)
    if ending is not None:
        evaluate(run, policy, name="after", step=num_steps, num_problems=num_problems)
        writer.event("finished", at="2026-11-20T10:01:10Z", train_s=41.3, total_s=69.8)
        write_ending(
            run,
            num_steps=num_steps,
            ending=ending,
            learns=learns,
            control_run=control_run,
            num_rollouts=num_rollouts,
        )
    return run


def write_checkpoint(run: RunFolder, step: int) -> None:
    with run.new_checkpoint(step) as folder:
        vocabulary = {letter: index for index, letter in enumerate(LETTERS)}
        content = {"model": {"type": "WordLevel", "vocab": vocabulary}, "added_tokens": []}
        (folder / "tokenizer.json").write_text(json.dumps(content))


def write_ending(
    run: RunFolder,
    *,
    num_steps: int,
    ending: str,
    learns: bool,
    control_run: str | None,
    num_rollouts: int,
) -> None:
    boxed = Boxed()
    run.write_record(
        RunRecord(
            name="addition",
            kind="train",
            ending=ending,
            seed=0,
            steps=num_steps,
            num_rollouts=num_rollouts,
            objective="dr_grpo",
            model="qwen3",
            num_parameters=1_871_104,
            verifiers=(
                VerifierRecord(
                    "addition", boxed.name, boxed.version, boxed.digest, boxed.proves, boxed.cannot
                ),
            ),
            control="none" if learns else "random",
            control_run=control_run,
            halted_because="loss/total is nan in step 12" if ending == "halted" else "",
            warm_up_steps=120,
        )
    )


def main() -> None:
    from verigrad.reports.report import write_report

    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--control", type=Path)
    options = parser.parse_args()
    if options.control:
        make_run(options.control, num_steps=options.steps, learns=False)
    make_run(options.folder, num_steps=options.steps)
    print(write_report(options.folder, control=options.control))


if __name__ == "__main__":
    main()
