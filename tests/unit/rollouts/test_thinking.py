"""Thinking: budgets that end reasoning or make it longer, switches, efforts; tokens put in are
masked.
"""

import pytest
from bpe_templates import bpe_tokenizer
from chat_templates import CHATML, tokenizer_with

from verigrad.core.config import bind
from verigrad.core.errors import ConfigError
from verigrad.core.recipe import Recipe, ThinkingSection
from verigrad.core.types import Completion, Message, Problem, StopReason
from verigrad.rollouts.collect import Playing, collect
from verigrad.rollouts.engines.base import Capabilities
from verigrad.rollouts.environments.base import Setting
from verigrad.rollouts.render import Renderer
from verigrad.rollouts.sampling import SamplingParameters
from verigrad.rollouts.thinking import find_marks
from verigrad.rollouts.thinking_rule import ThinkingRule

QWEN = Renderer(bpe_tokenizer("qwen"))
REASONER = Renderer(bpe_tokenizer("reasoner"))
PROBLEM = Problem.of("6*7?", "42")
SAID = " so I put an end to it.\n"


class Talker:
    """Goes on with a fixed text, whatever was put in: it says what is left of `plan` after what is
    there, and obeys limits and stops as the contract asks.
    """

    capabilities = Capabilities(
        has_logps=True, takes_weights=False, is_addressed=True, max_context=None
    )

    def __init__(self, renderer, *plan):
        self.renderer, self.plan, self.calls = renderer, list(plan), []

    def generate(self, requests):
        return [[self._one(request) for _ in range(request.num_samples)] for request in requests]

    def _one(self, request):
        self.calls.append(request)
        text = self.plan[0]
        ids = [*self.renderer.encode(text), self.renderer.end_token_ids[0]]
        stop, sampling = StopReason.END, request.sampling
        for place, token in enumerate(ids):
            has_string = any(s in self.renderer.decode(ids[: place + 1]) for s in sampling.stop)
            if token in sampling.stop_token_ids or has_string:
                ids, stop = ids[: place + 1], StopReason.STOP
                break
        if len(ids) > sampling.max_output_tokens:
            ids, stop = ids[: sampling.max_output_tokens], StopReason.LENGTH
        rest = text[len(self.renderer.decode(ids)) :]
        self.plan = [rest, *self.plan[1:]] if stop is StopReason.LENGTH and rest else self.plan[1:]
        said = self.renderer.decode(ids[:-1] if stop is not StopReason.LENGTH else ids)
        return Completion(said, tuple(ids), (-1.0,) * len(ids), stop)


def think(renderer, *plan, limit=60, setting=None, **section):
    rule = ThinkingRule(
        ThinkingSection(**{"closing": SAID, **section}), renderer, max_output_tokens=limit
    )
    engine = Talker(renderer, *plan)
    ((rollout,),) = collect(
        [PROBLEM],
        engine,
        renderer=renderer,
        sampling=SamplingParameters(max_output_tokens=limit),
        num_rollouts=1,
        seeds=[0],
        playing=Playing(thinking=rule, settings={"": setting} if setting else {}),
    )
    return rollout, engine


def parts(rollout, renderer):
    """The text as (who, text): runs of the mask."""
    found = []
    for token, own in zip(rollout.response_ids, rollout.loss_mask, strict=True):
        if not found or found[-1][0] is not own:
            found.append((own, []))
        found[-1][1].append(token)
    return [(own, renderer.decode(ids)) for own, ids in found]


def test_marks_are_found_by_template_or_vocabulary():
    assert find_marks(bpe_tokenizer("qwen")).closes == "</think>"
    assert find_marks(bpe_tokenizer("gemma")) is None
    with pytest.raises(ConfigError, match="marks reasoning"):
        ThinkingRule(ThinkingSection(), Renderer(bpe_tokenizer("gemma")), max_output_tokens=9)


def test_reasoning_within_its_budget_is_left_alone():
    rollout, engine = think(QWEN, "<think>6*7</think>42", budget=30)
    assert parts(rollout, QWEN) == [(True, "<think>6*7</think>42<|im_end|>")]
    assert len(engine.calls) == 1
    assert rollout.messages[0].content == "<think>6*7</think>42"
    assert rollout.facts["thinking_tokens"] == len(QWEN.encode("<think>6*7"))
    assert rollout.facts["thinking_cut"] == 0


def test_a_spent_budget_puts_in_a_closing_sentence_and_the_answer_follows():
    text = "<think>" + "6*7 " * 50
    rollout, engine = think(QWEN, text, "42", budget=10)
    (thought, put_in, answer) = parts(rollout, QWEN)
    assert thought == (True, QWEN.decode(QWEN.encode(text)[:10]))
    assert put_in == (False, SAID + "</think>\n\n")
    assert answer[0] is True
    first, second = engine.calls
    assert first.sampling.max_output_tokens == 10
    inserted = QWEN.encode(SAID + "</think>\n\n")
    assert second.prompt_ids == (*first.prompt_ids, *rollout.response_ids[: 10 + len(inserted)])
    assert second.sampling.max_output_tokens == 60 - 10 - len(inserted)
    assert rollout.facts["thinking_cut"] == 1
    assert rollout.messages[0].content.startswith(thought[1] + put_in[1])
    assert [logp == 0.0 for logp in rollout.logps] == [not own for own in rollout.loss_mask]


def test_an_answer_that_outlasts_the_budget_goes_on():
    """The budget is for reasoning: closed in time, the answer has the rest of the turn."""
    rollout, engine = think(QWEN, "<think>6</think>" + "42 and " * 6 + "end", budget=12)
    assert parts(rollout, QWEN) == [(True, "<think>6</think>" + "42 and " * 6 + "end<|im_end|>")]
    assert len(engine.calls) == 2
    assert rollout.stop is StopReason.END


def test_a_turn_cut_while_thinking_without_a_budget_is_cut():
    rollout, _ = think(QWEN, "<think>" + "6*7 " * 99, limit=20)
    assert rollout.stop is StopReason.LENGTH
    assert rollout.facts["thinking_tokens"] == 20


def test_short_reasoning_is_extended_by_wait():
    rollout, engine = think(
        QWEN, "<think>6</think>", " 6*7 is 42</think>42", minimum=6, extension="Wait"
    )
    assert parts(rollout, QWEN) == [
        (True, "<think>6"),
        (False, "Wait"),
        (True, " 6*7 is 42</think>42<|im_end|>"),
    ]
    close = QWEN.encode("</think>")
    assert engine.calls[0].sampling.stop_token_ids == close
    assert engine.calls[1].sampling.stop_token_ids == ()  # one extension was allowed
    assert rollout.facts["thinking_extended"] == 1


def test_long_reasoning_is_not_extended_and_the_answer_is_asked_for():
    rollout, engine = think(QWEN, "<think>6*7 is 40 and 2</think>", "42", minimum=4)
    assert parts(rollout, QWEN) == [(True, "<think>6*7 is 40 and 2</think>42<|im_end|>")]
    assert len(engine.calls) == 2
    assert rollout.facts["thinking_extended"] == 0


def test_a_mark_of_several_tokens_is_stopped_at_by_its_text():
    renderer = Renderer(tokenizer_with(CHATML))
    rollout, engine = think(
        renderer,
        "(6)",
        " 6*7)",
        "42",
        minimum=4,
        opens="(",
        closes=")",
        extension="+",
        switch="none",
    )
    assert engine.calls[0].sampling.stop_token_ids or engine.calls[0].sampling.stop == (")",)
    assert [text for own, text in parts(rollout, renderer) if not own] == ["+"]
    assert rollout.messages[0].content.startswith("(6+ 6*7)")


def test_reasoning_that_the_prompt_opens():
    rollout, engine = think(REASONER, "6*7 " * 40, "42", budget=8)
    assert REASONER.decode(engine.calls[0].prompt_ids).endswith("<think>\n")
    assert parts(rollout, REASONER)[1] == (False, SAID + "</think>\n\n")


def test_a_policy_that_does_not_think_is_not_interrupted():
    rollout, engine = think(QWEN, "It is 42, and that is all there is to say about it.", budget=4)
    assert [own for own, _ in parts(rollout, QWEN)] == [True]
    assert rollout.facts["thinking_tokens"] == 0
    assert len(engine.calls) == 2


@pytest.mark.parametrize(("mode", "text"), [("on", "6*7? /think"), ("off", "6*7? /no_think")])
def test_soft_switches(mode, text):
    _, engine = think(QWEN, "42", mode=mode, switch="prompt")
    assert text + "<|im_end|>" in QWEN.decode(engine.calls[0].prompt_ids)


def test_the_templates_own_switch():
    _, engine = think(QWEN, "42", mode="off")
    assert QWEN.decode(engine.calls[0].prompt_ids).endswith("<think>\n\n</think>\n\n")
    _, engine = think(QWEN, "42", mode="on")
    assert "<think>" not in QWEN.decode(engine.calls[0].prompt_ids)


def openings(count=200, **section):
    rule = ThinkingRule(ThinkingSection(**section), QWEN, max_output_tokens=500)
    return [rule.open((Message("user", "?"),), QWEN, seed=seed) for seed in range(count)]


def test_mixed_modes_are_drawn_by_address_in_their_share():
    first = openings(mode="mixed", off_share=0.25, switch="prompt")
    again = openings(mode="mixed", off_share=0.25, switch="prompt")
    assert [m for m, _, _ in first] == [m for m, _, _ in again]
    off = sum(m[-1].content.endswith("/no_think") for m, _, _ in first)
    assert 30 <= off <= 70  # 50 expected, standard deviation 6
    assert all((r is None) == m[-1].content.endswith("/no_think") for m, _, r in first)


def test_efforts_are_budgets_and_told():
    efforts = {"low": 8, "high": 64}
    ((messages, _, reasoning),) = openings(1, effort="low", efforts=efforts, switch="none")
    assert messages[0] == Message("system", "Reasoning effort: low")
    assert reasoning.budget == 8
    drawn = openings(effort="mixed", efforts=efforts, switch="none")
    for messages, _, reasoning in drawn:
        assert (
            messages[0].content == f"Reasoning effort: {'low' if reasoning.budget == 8 else 'high'}"
        )
    assert {r.budget for _, _, r in drawn} == {8, 64}


def test_budgets_that_cannot_hold_are_refused():
    for section in (
        {"budget": 60},
        {"budget": 5, "minimum": 9},
        {"efforts": {"x": 99}, "effort": "x"},
    ):
        with pytest.raises(ConfigError):
            ThinkingRule(ThinkingSection(**section), QWEN, max_output_tokens=60)
    for table in (
        "effort = 'low'",
        "effort = 'x'\nefforts = { low = 4 }",
        "opens = '('",
        "budget = 0",
    ):
        text = f"name = 'x'\n[model.build]\n[[task]]\nname='t'\nsource={{generator='addition'}}\nverifier={{kind='math'}}\n[rollouts.thinking]\n{table}"
        with pytest.raises(ConfigError):
            bind(Recipe, text)


def test_every_turn_has_its_own_budget():
    class Again:
        def reset(self, problem):
            self.turns = 0
            return problem.prompt

        def step(self, message):
            self.turns += 1
            return (Message("user", "again"),) if self.turns == 1 else None

    rollout, _ = think(
        QWEN,
        "<think>" + "6*7 " * 3,
        "<think>" + "6*7 " * 3,
        budget=4,
        setting=Setting(make=Again, is_quick=True),
    )
    assert rollout.facts["thinking_cut"] == 2
    assert rollout.facts["turns"] == 2
