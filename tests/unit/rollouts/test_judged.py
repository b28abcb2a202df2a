"""Groups are judged while others are played; results are those of judging at the end."""

import threading
from dataclasses import replace

import pytest
from chat_templates import CHATML, tokenizer_with

from verigrad.core.types import Problem
from verigrad.core.verdict import Reason
from verigrad.judging.judge import judge
from verigrad.judging.task import Task
from verigrad.rollouts.collect import SINGLE_TURN, Rounds, collect, open_group
from verigrad.rollouts.engines.scripted import ScriptedEngine
from verigrad.rollouts.judged import Decided, play_and_judge
from verigrad.rollouts.render import Renderer
from verigrad.rollouts.sampling import SamplingParameters
from verigrad.verifiers.base import Verifier, correct, rejected

RENDERER = Renderer(tokenizer_with(CHATML))
SAMPLING = SamplingParameters(max_output_tokens=9)
PROBLEMS = [
    Problem(prompt=Problem.of(f"{n}?", "").prompt, answer=str(n), task="t") for n in range(6)
]


class Says(Verifier):
    name, version = "says", "1"
    seen = threading.Event()

    def judge(self, problem, response):
        self.seen.set()
        return correct() if response == problem.answer else rejected(Reason.WRONG)


class Streaming(ScriptedEngine):
    """The last group comes only once a verdict of an earlier one is there."""

    def stream(self, requests):
        answers = self.generate(requests)
        for r, row in enumerate(answers):
            if r == len(answers) - 1:
                assert Says.seen.wait(10), "nothing was judged while there was still to be sampled"
            for s, completion in enumerate(row):
                yield r, s, completion


def script(prompt, sample):
    return prompt[len("<|user|>")] if sample else "no"


TASKS = {"t": Task("t", None, Says())}


def played(engine, *, threads):
    groups = [open_group(p, RENDERER, SINGLE_TURN, count=2, seed=0) for p in PROBLEMS]
    rounds = Rounds(engine, SAMPLING, SINGLE_TURN)
    return play_and_judge(TASKS, groups, rounds, num_threads=threads)


def plain(groups):
    """Without the one thing that may differ: what a verdict cost."""
    return [
        [(j.rollout, {**j.verdict.to_json(), "cost_s": 0}, j.reward) for j in group.judged]
        for group in groups
    ]


@pytest.mark.parametrize("threads", [1, 4])
def test_verdicts_stream_in_order_and_are_those_of_judging_at_the_end(threads):
    Says.seen.clear()
    found = played(Streaming(script, RENDERER.tokenizer), threads=threads)
    rollouts = collect(
        PROBLEMS,
        ScriptedEngine(script, RENDERER.tokenizer),
        renderer=RENDERER,
        sampling=SAMPLING,
        num_rollouts=2,
        seeds=[0] * 6,
    )
    assert plain(found.groups) == plain(judge(TASKS, rollouts))
    assert [j.verdict.is_correct for g in found.groups for j in g.judged] == [False, True] * 6
    assert found.verify_work_s > 0
    assert found.tail_s >= 0


def test_a_bug_outside_of_a_verifier_is_raised():
    class Broken(Task):
        @property
        def step_judge(self):
            raise RuntimeError("a bug")

    groups = [open_group(p, RENDERER, SINGLE_TURN, count=2, seed=0) for p in PROBLEMS]
    rounds = Rounds(ScriptedEngine(script, RENDERER.tokenizer), SAMPLING, SINGLE_TURN)
    task = object.__new__(Broken)
    for name, value in (("name", "t"), ("verifier", Says())):
        object.__setattr__(task, name, value)
    with pytest.raises(RuntimeError, match="a bug"):
        play_and_judge({"t": task}, groups, rounds, num_threads=2)


def given_up(engine, *, after):
    groups = [open_group(p, RENDERER, SINGLE_TURN, count=6, seed=0) for p in PROBLEMS]
    rounds = Rounds(engine, SAMPLING, SINGLE_TURN, is_decided=Decided(TASKS, after))
    return play_and_judge(TASKS, groups, rounds, num_threads=1).groups


def test_a_decided_group_is_given_up_and_others_are_whole():
    """Problem 0 is answered right once, by its third sample; the others never."""

    def answers(prompt, sample):
        return "0" if prompt.startswith("<|user|>0") and sample == 2 else "no"

    found = given_up(ScriptedEngine(answers, RENDERER.tokenizer), after=3)
    assert [len(group.judged) for group in found] == [6, 3, 3, 3, 3, 3]
    assert found[0].has_spread


def test_an_engine_that_can_samples_the_rest_no_further():
    class GivesUp(ScriptedEngine):
        delivered = 0

        @property
        def capabilities(self):
            return replace(super().capabilities, gives_up=True)

        def stream(self, requests, *, dropped):
            for r, row in enumerate(self.generate(requests)):
                for s, completion in enumerate(row):
                    if r not in dropped:
                        self.delivered += 1
                        yield r, s, completion

    engine = GivesUp(lambda prompt, sample: "no", RENDERER.tokenizer)
    assert [len(group.judged) for group in given_up(engine, after=2)] == [2] * 6
    assert engine.delivered == 12
