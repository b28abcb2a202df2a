"""Methods on a scripted engine: closed forms, budgets, and answers only search finds."""

import random
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "rollouts"))
from small_models import make_tokenizer

from verigrad.core.seeds import derive
from verigrad.core.types import Problem
from verigrad.judging.bind import make_verifier
from verigrad.rollouts.engines.scripted import ScriptedEngine
from verigrad.testtime.base import Limits, Session, solve_all
from verigrad.testtime.scoring import VerifierScorer
from verigrad.testtime.table import METHODS

TOKENIZER = make_tokenizer()
COUNT = 400


def encode(text):
    return tuple(TOKENIZER.encode(text, add_special_tokens=False))


def sessions(name, budget, *, count=COUNT):
    scorer = VerifierScorer(make_verifier("math", {}), said="1+1=")
    return [
        Session(
            Problem.of(f"{i}+0=", "7"),
            scorer,
            Limits(budget=budget, answer=20, step=20, separator=";"),
            lambda messages: encode("".join(m.content for m in messages)),
            encode,
            name,
        )
        for i in range(count)
    ]


def drawn(prompt, sample):
    r"""7 with chance 0.6, else 8; each sample of each prompt apart. `\boxed{7}` and its end."""
    source = random.Random(derive("draw", prompt=prompt, sample=sample))
    return f"\\boxed{{{7 if source.random() < 0.6 else 8}}}"


def accuracy(name, budget, script=drawn):
    found = solve_all(METHODS[name], sessions(name, budget), ScriptedEngine(script, TOKENIZER))
    verifier = make_verifier("math", {})
    return sum(verifier.verify(o.problem, o.response).is_correct for o in found) / COUNT, found


def test_vote_and_best_of_three_are_their_closed_forms():
    three = 60  # tokens: three answers of at most 20
    sampled = {}

    def script(prompt, sample):
        sampled[prompt] = max(sampled.get(prompt, 0), sample + 1)
        return drawn(prompt, sample)

    best, _ = accuracy("best-of-n", three, script)
    assert set(sampled.values()) == {3}
    # the later rounds ask the same samples of the script again, so n stays 3: 1 - 0.4^3 = 0.936
    assert best == pytest.approx(1 - 0.4**3, abs=0.04)
    # two or three of three: 3 * 0.6^2 * 0.4 + 0.6^3 = 0.648; a standard deviation of 400 is 0.024
    vote, _ = accuracy("vote", three)
    assert vote == pytest.approx(0.648, abs=0.06)
    one, _ = accuracy("greedy", three)
    assert one == pytest.approx(0.6, abs=0.07)


@pytest.mark.parametrize("name", sorted(METHODS))
@pytest.mark.parametrize("budget", [5, 40, 90])
def test_budget_is_kept(name, budget):
    found = solve_all(
        METHODS[name], sessions(name, budget, count=5), ScriptedEngine(drawn, TOKENIZER)
    )
    assert all(0 < outcome.num_tokens <= budget for outcome in found)


@pytest.mark.parametrize("name", ["tree-breadth", "tree-depth", "beam", "mcts"])
def test_search_puts_steps_together(name):
    """The step `1+1=2` must come before an answer that is right one time in three."""

    def script(prompt, sample):
        if ";" not in prompt:
            return "1+1=2;" if sample % 3 == 0 else "\\boxed{9}"
        return "\\boxed{7}" if sample % 3 == 2 else "\\boxed{8}"

    right, _ = accuracy(name, 300, script)
    assert right > 0.9
