"""Small judged rollouts, and a verifier to judge them again: shared by the tests of records."""

from __future__ import annotations

import struct

from verigrad.core.seeds import stream
from verigrad.core.types import Judged, Message, Problem, Reward, Rollout, StopReason
from verigrad.core.verdict import Extracted, Reason, Verdict
from verigrad.records.rollouts import Fate, RolloutRecord
from verigrad.verifiers.base import Verifier, abstained, correct, rejected


class LastWord(Verifier):
    """Compares the last word with the reference."""

    name = "last_word"
    version = "1"

    def judge(self, problem: Problem, response: str) -> Verdict:
        if not problem.answer:
            return abstained(Reason.BAD_REFERENCE, "the reference is empty")
        words = response.split()
        if not words:
            return rejected(Reason.NO_ANSWER)
        start = response.rindex(words[-1])
        found = Extracted(words[-1], start, start + len(words[-1]), "last_word")
        facts = {
            "canonical_response": words[-1],
            "canonical_reference": str(problem.answer),
            "evidence": {"words": len(words), "limit": problem.info.get("limit")},
        }
        if words[-1] == problem.answer:
            return correct(extracted=found, method="equal", certainty="exact", **facts)
        return rejected(Reason.WRONG, extracted=found, method="equal", **facts)


def single_precision(value: float) -> float:
    """What torch hands over: a double that holds a float32."""
    return struct.unpack("f", struct.pack("f", value))[0]


def judged(response: str, *, problem: Problem, sample: int = 0) -> Judged:
    """One rollout of `response`, judged by `LastWord` and rewarded by its score."""
    random = stream("example", response=response, sample=sample)
    ids = tuple(random.randrange(500) for _ in range(len(response) + 1))
    rollout = Rollout(
        problem=problem,
        sample=sample,
        prompt_ids=(1, 2, 3),
        response_ids=ids,
        loss_mask=tuple(random.random() < 0.9 for _ in ids),
        logps=tuple(single_precision(-random.expovariate(1.0)) for _ in ids),
        messages=(Message("assistant", response),),
        stop=random.choice([StopReason.END, StopReason.LENGTH]),
        facts={"turns": 2.0, "tool_errors": float(sample)},
        submission=response if sample % 2 else None,
        error="the tool hung \udcff" if sample == 3 else "",
    )
    verdict = LastWord().verify(problem, response)
    return Judged(rollout, verdict, reward_of(verdict))


def reward_of(verdict: Verdict) -> Reward:
    """The reward the examples were given: score and a small term for having an answer."""
    if not verdict.status.is_trainable or verdict.score is None:
        return Reward(None, {})
    terms = {"correct": verdict.score, "format": 0.1 if verdict.extracted else 0.0}
    return Reward(sum(terms.values()), terms)


def step_records(step: int, *, num_groups: int = 3, num_rollouts: int = 4) -> list[RolloutRecord]:
    """A step's records; equal for equal arguments but for the verdicts' `cost_s`."""
    records = []
    for group in range(num_groups):
        problem = Problem(
            prompt=(Message("system", "Be brief."), Message("user", f"{step} + {group} = ?")),
            answer="" if (step, group) == (2, 1) else str(step + group),
            info={"limit": group, "tests": [["1", "2"], {"deep": None}]},
            solution=f"it is {step + group}",
            task="sums",
        )
        for sample in range(num_rollouts):
            text = ["it is {}", "maybe {} 7", "", "a\ud83d</script> {}"][sample % 4]
            item = judged(text.format(step + group), problem=problem, sample=sample)
            scored = item.reward.total is not None
            records.append(
                RolloutRecord(
                    step,
                    group,
                    item,
                    single_precision(0.3 * sample) if scored else None,
                    Fate.TRAINED if scored else Fate.NOT_SCORED,
                )
            )
    return records
