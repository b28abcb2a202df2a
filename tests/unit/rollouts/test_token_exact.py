"""What was sampled is trained on, to the token: 1,000 random tool episodes over five families."""

import random

import pytest
from bpe_templates import FAMILIES, bpe_tokenizer

from verigrad.core.types import Completion, Problem, StopReason
from verigrad.rollouts.collect import Playing, collect
from verigrad.rollouts.engines.base import Capabilities
from verigrad.rollouts.environments.base import Budgets
from verigrad.rollouts.environments.bind import Context, bind_setting
from verigrad.rollouts.render import Renderer
from verigrad.rollouts.sampling import SamplingParameters
from verigrad.rollouts.tools import CALL_FORMATS
from verigrad.rollouts.tools.base import ToolCall
from verigrad.rollouts.tools.formats import find_format
from verigrad.verifiers.math import Math

FORMAT = {
    "qwen": "hermes",
    "llama3": "llama3",
    "mistral": "mistral",
    "gemma": "fenced",
    "reasoner": "fenced",
}


class Wild:
    """Samples calls as ids that no tokenizer would give: random splits of the text into bytes and
    pieces, broken calls, noise; closed turns, cut turns and turns that stop in the middle.
    """

    capabilities = Capabilities(
        has_logps=True, takes_weights=False, is_addressed=False, max_context=None
    )

    def __init__(self, tokenizer, call_format, seed):
        self.tokenizer, self.format, self.random = tokenizer, call_format, random.Random(seed)
        self.sampled = {}

    def generate(self, requests):
        return [[self._one(request) for _ in range(request.num_samples)] for request in requests]

    def _one(self, request):
        text = self._text()
        ids = self._ids(text)[: request.sampling.max_output_tokens - 1]
        closes = self.random.random() < 0.9
        ids = [*ids, self.tokenizer.eos_token_id] if closes else ids
        logps = tuple(-self.random.random() for _ in ids)
        self.sampled[request.prompt_ids] = (tuple(ids), logps)
        said = self.tokenizer.decode(ids[:-1] if closes else ids)
        stop = StopReason.END if closes else StopReason.STOP
        return Completion(said, tuple(ids), logps, stop)

    def _text(self):
        kind = self.random.random()
        if kind < 0.25:
            return self.random.choice([r"\boxed{4}", "done \u4f60\u597d", "na\u00efve "])
        expression = "".join(self.random.choices("0123456789+*", k=self.random.randrange(1, 9)))
        call = self.format.write([ToolCall("calculator", {"expression": expression})])
        return call if kind < 0.8 else call[: self.random.randrange(3, len(call))]

    def _ids(self, text):
        """The text cut at random places, each piece tokenised alone: another way to say it."""
        ids, at = [], 0
        while at < len(text):
            width = self.random.randrange(1, 12)
            ids += self.tokenizer.encode(text[at : at + width], add_special_tokens=False)
            at += width
        return ids or [self.tokenizer.encode("x")[0]]


@pytest.mark.parametrize("family", FAMILIES)
def test_nothing_sampled_is_tokenised_again(family):
    tokenizer = bpe_tokenizer(family)
    renderer = Renderer(tokenizer)
    assert find_format(tokenizer) == FORMAT[family]
    engine = Wild(tokenizer, CALL_FORMATS.load(FORMAT[family])(), seed=family)
    setting = bind_setting(
        "tools",
        {"tools": ["calculator"], "max_turns": 6, "described_in": "nowhere"},
        Context(Math(), renderer),
    )
    groups = collect(
        [Problem.of(f"What is {i}*{i}? caf\u00e9", str(i * i)) for i in range(200)],
        engine,
        renderer=renderer,
        sampling=SamplingParameters(max_output_tokens=160),
        num_rollouts=1,
        seeds=list(range(200)),
        playing=Playing(settings={"": setting}),
    )
    drifted = turns = 0
    for (rollout,) in groups:
        ids, at, whole = rollout.response_ids, 0, []
        while at < len(ids):
            own, logps = engine.sampled[(*rollout.prompt_ids, *ids[:at])]
            end = at + len(own)
            assert ids[at:end] == own
            assert rollout.logps[at:end] == logps
            assert all(rollout.loss_mask[at:end])
            at, turns = end, turns + 1
            start = at
            while at < len(ids) and not rollout.loss_mask[at]:
                at += 1
            assert set(rollout.logps[start:at]) <= {0.0}
            whole += [*own, *ids[start:at]]
        assert tuple(whole) == ids
        again = tokenizer.encode(renderer.decode(ids), add_special_tokens=False)
        drifted += tuple(again) != ids
    assert turns > 400
    # the test bites: tokenising the conversations again would have changed most of them
    assert drifted > 100


@pytest.mark.parametrize("family", FAMILIES)
def test_a_conversation_reads_as_its_template_writes_it(family):
    """The text of prompt and response is the template's own (but for how a prompt ends)."""
    tokenizer = bpe_tokenizer(family)
    renderer = Renderer(tokenizer)
    call_format = CALL_FORMATS.load(FORMAT[family])()
    call = call_format.write([ToolCall("calculator", {"expression": "6*7"})])

    class Two:
        capabilities = Wild.capabilities

        def generate(self, requests):
            self.turn = getattr(self, "turn", 0) + 1
            text = call if self.turn == 1 else "It is 42."
            ids = (*tokenizer.encode(text, add_special_tokens=False), tokenizer.eos_token_id)
            return [[Completion(text, ids, (0.0,) * len(ids), StopReason.END)] for _ in requests]

    setting = bind_setting(
        "tools", {"tools": ["calculator"], "described_in": "nowhere"}, Context(Math(), renderer)
    )
    problem = Problem.of("What is 6*7?", "42")
    ((rollout,),) = collect(
        [problem],
        Two(),
        renderer=renderer,
        sampling=SamplingParameters(max_output_tokens=160),
        num_rollouts=1,
        seeds=[0],
        playing=Playing(settings={"": setting}),
    )
    assert rollout.facts == {"turns": 2.0, "tool_calls": 1.0, "tool_errors": 0.0}
    text = renderer.decode((*rollout.prompt_ids, *rollout.response_ids))
    assert call in text
    assert text.count("42") == 2
    answer = rollout.messages[1]
    rows = [{"role": "user", "content": problem.question}, {"role": "assistant", "content": call}]
    rows.append({"role": answer.role, "content": answer.content, "tool_call_id": "call00100"})
    expected = tokenizer.apply_chat_template(rows, tokenize=False, add_generation_prompt=True)
    written, closed = (whole.split(call) for whole in (text, expected))
    assert written[0].replace("<think>", "").split() == closed[0].split()
    assert written[1].startswith(closed[1])  # to the character, behind what was sampled


def test_budgets_hold_for_wild_episodes():
    tokenizer = bpe_tokenizer("qwen")
    renderer = Renderer(tokenizer)
    engine = Wild(tokenizer, CALL_FORMATS.load("hermes")(), seed=1)
    setting = bind_setting(
        "tools",
        {"tools": ["calculator"], "max_turns": 3, "max_tokens": 90},
        Context(Math(), renderer),
    )
    assert setting.budgets == Budgets(max_turns=3, max_tokens=90)
    groups = collect(
        [Problem.of("?", "1")] * 50,
        engine,
        renderer=renderer,
        sampling=SamplingParameters(max_output_tokens=60),
        num_rollouts=2,
        seeds=list(range(50)),
        playing=Playing(settings={"": setting}),
    )
    for group in groups:
        for rollout in group:
            assert rollout.num_response_tokens <= 90
            assert rollout.facts["turns"] <= 3
