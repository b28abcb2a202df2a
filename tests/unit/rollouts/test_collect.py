"""Problems become rollouts: single turns, many turns, broken environments, long prompts."""

import random
import time

import pytest
from chat_templates import APPENDING, CHATML, tokenizer_with
from small_models import VOCAB_SIZE, make_model

from verigrad.core.errors import DataError
from verigrad.core.types import Completion, Message, Problem, StopReason
from verigrad.rollouts.collect import Playing, collect
from verigrad.rollouts.engines.base import Capabilities
from verigrad.rollouts.engines.scripted import ScriptedEngine
from verigrad.rollouts.engines.torch.engine import TorchEngine
from verigrad.rollouts.environments.base import Budgets, Setting, Turn
from verigrad.rollouts.render import Renderer
from verigrad.rollouts.sampling import SamplingParameters

RENDERER = Renderer(tokenizer_with(CHATML))
SAMPLING = SamplingParameters(max_output_tokens=40)
PROBLEMS = [Problem.of("1+1?", "2"), Problem.of("2+2?", "4")]


def play(engine, *, problems=PROBLEMS, count=2, renderer=RENDERER, environment=None, **setting):
    budgets = setting.pop("budgets", Budgets())
    known = {"": Setting(make=environment, budgets=budgets, **setting)} if environment else {}
    return collect(
        problems,
        engine,
        renderer=renderer,
        sampling=SAMPLING,
        num_rollouts=count,
        seeds=list(range(len(problems))),
        playing=Playing(settings=known),
    )


def test_single_turns():
    engine = ScriptedEngine({"1+1": ["2", "two"], "2+2": ["4", "5"]}, RENDERER.tokenizer)
    groups = play(engine)
    assert [[r.response for r in group] for group in groups] == [["2", "two"], ["4", "5"]]
    rollout = groups[0][1]
    assert rollout.sample == 1
    assert rollout.problem is PROBLEMS[0]
    assert rollout.prompt_ids == RENDERER.prompt(PROBLEMS[0].prompt)
    assert RENDERER.tokenizer.decode(list(rollout.response_ids)) == "two<eos>"
    assert rollout.loss_mask == (True,) * 4
    assert rollout.logps == (-0.5,) * 4
    assert rollout.messages == (Message("assistant", "two"),)
    assert rollout.stop is StopReason.END


class Feedback:
    """Says "wrong, try again" until the answer is right, three times at most."""

    def reset(self, problem):
        self.answer, self.tries = problem.answer, 0
        return problem.prompt

    def step(self, message):
        self.tries += 1
        if message.content == self.answer or self.tries == 3:
            return None
        return (Message("user", "wrong"),)


def test_turns_are_joined_and_only_the_policys_are_trained_on():
    def script(prompt, sample):
        return ("0", "1", "2")[prompt.count("wrong") + sample]

    ((patient, quick),) = play(
        ScriptedEngine(script, RENDERER.tokenizer), problems=PROBLEMS[:1], environment=Feedback
    )
    assert patient.response == "2"
    assert [m.content for m in patient.messages] == ["0", "wrong", "1", "wrong", "2"]
    ids = list(patient.response_ids)
    between = "\n<|user|>wrong<eos>\n<|assistant|>"
    assert RENDERER.tokenizer.decode(ids) == f"0<eos>{between}1<eos>{between}2<eos>"
    own = [i for i, mine in zip(ids, patient.loss_mask, strict=True) if mine]
    assert RENDERER.tokenizer.decode(own) == "0<eos>1<eos>2<eos>"
    assert [logp == -0.5 for logp in patient.logps] == list(patient.loss_mask)
    assert patient.num_response_tokens == 6
    # later turns are requests of their own, so the script sees sample 0 in them
    assert [m.content for m in quick.messages] == ["1", "wrong", "1", "wrong", "2"]


class Noise:
    """An engine that samples any ids at all, to be seen again exactly."""

    capabilities = Capabilities(
        has_logps=True, takes_weights=False, is_addressed=False, max_context=None
    )

    def __init__(self, tokenizer):
        self.tokenizer, self.random = tokenizer, random.Random(5)
        self.sampled, self.prompts = [], []

    def generate(self, requests):
        return [[self._one(request) for _ in range(request.num_samples)] for request in requests]

    def _one(self, request):
        self.prompts.append(request.prompt_ids)
        ids = [self.random.randrange(3, VOCAB_SIZE) for _ in range(self.random.randrange(1, 12))]
        closes = self.random.random() < 0.7
        self.sampled.append((*ids, 2) if closes else tuple(ids))
        stop = StopReason.END if closes else StopReason.STOP
        text = self.tokenizer.decode(ids)
        return Completion(text, self.sampled[-1], (-1.0,) * len(self.sampled[-1]), stop)

    def load(self, weights):
        raise NotImplementedError


class Echo:
    """Repeats what it is told, a few times over."""

    def __init__(self, turns):
        self.turns = turns

    def reset(self, problem):
        return problem.prompt

    def step(self, message):
        self.turns -= 1
        return (Message("user", f"you said {message.content!r}"),) if self.turns else None


@pytest.mark.parametrize("name", APPENDING)
def test_nothing_sampled_is_tokenised_again(name):
    """1,000 episodes of one to four turns over five templates (200 each): ids survive exactly."""
    renderer = Renderer(tokenizer_with(APPENDING[name]))
    engine = Noise(renderer.tokenizer)
    turns = random.Random(7)
    groups = play(
        engine,
        problems=[Problem.of(f"question {i}", "") for i in range(200)],
        count=1,
        renderer=renderer,
        environment=lambda: Echo(turns.randrange(1, 5)),
    )
    sampled = {}
    for prompt, ids in zip(engine.prompts, engine.sampled, strict=True):
        sampled.setdefault(prompt, []).append(ids)
    for (rollout,) in groups:
        ids, at = rollout.response_ids, 0
        while at < len(ids):
            (own,) = sampled[(*rollout.prompt_ids, *ids[:at])]
            assert ids[at : at + len(own)] == own
            assert all(rollout.loss_mask[at : at + len(own)])
            at += len(own)
            while at < len(ids) and not rollout.loss_mask[at]:
                at += 1
    assert sum(len(r.messages) > 1 for (r,) in groups) > 100


class Broken:
    def reset(self, problem):
        return problem.prompt

    def step(self, message):
        raise DataError("the tool hung")


def test_a_broken_environment_ends_one_rollout_not_the_step():
    engine = ScriptedEngine(lambda prompt, sample: "2", RENDERER.tokenizer)
    environments = iter([Broken(), Feedback()])
    ((broken, fine),) = play(engine, problems=PROBLEMS[:1], environment=lambda: next(environments))
    assert broken.stop is StopReason.ERROR
    assert broken.error == "the environment broke this rollout: the tool hung"
    assert fine.stop is StopReason.END
    assert broken.response == "2"


def test_a_cut_answer_is_not_answered():
    engine = ScriptedEngine(lambda prompt, sample: "x" * 50, RENDERER.tokenizer)
    ((rollout, _),) = play(engine, problems=PROBLEMS[:1], environment=Feedback)
    assert rollout.stop is StopReason.LENGTH
    assert len(rollout.response_ids) == 40
    assert len(rollout.messages) == 1


def test_a_conversation_that_fills_the_context_ends_there():
    engine = ScriptedEngine(lambda prompt, sample: "0", RENDERER.tokenizer, max_context=40)
    ((rollout, _),) = play(engine, problems=PROBLEMS[:1], environment=Feedback)
    assert rollout.stop is StopReason.LENGTH


def test_prompts_without_room_are_named():
    engine = ScriptedEngine(lambda prompt, sample: "0", RENDERER.tokenizer, max_context=30)
    long = Problem.of("what is " + "1+" * 20 + "1?", "21")
    with pytest.raises(DataError, match="1 of 3 prompts leave no room") as caught:
        play(engine, problems=[*PROBLEMS, long])
    assert long.id in caught.value.where
    assert "what is 1+1+" in caught.value.where
    assert "shorten" in caught.value.remedy


def test_an_environment_must_open_one_problem_in_one_way():
    class Moody(Feedback):
        def reset(self, problem):
            return (Message("user", str(id(self))),)

    with pytest.raises(DataError, match="two different ways"):
        play(ScriptedEngine(lambda prompt, sample: "0", RENDERER.tokenizer), environment=Moody)


def test_the_torch_engine_plays_many_turns():
    engine = TorchEngine.from_model(make_model("qwen3"), RENDERER.tokenizer)
    first = play(engine, environment=Feedback, count=4)
    again = play(engine, environment=Feedback, count=4)
    assert first == again
    assert {len(r.logps) == len(r.response_ids) for group in first for r in group} == {True}


def test_a_hung_environment_ends_one_rollout_not_the_step():
    """One tool sleeps for a minute; its rollout fails after 0.2 s, its neighbours are played."""

    class Hangs(Feedback):
        def step(self, message):
            if message.content == "9":
                time.sleep(60)
            return super().step(message)

    engine = ScriptedEngine({"1+1": ["9", "2"], "2+2": ["4", "9"]}, RENDERER.tokenizer)
    start = time.perf_counter()
    groups = play(engine, environment=Hangs, budgets=Budgets(step_limit_s=0.2))
    assert time.perf_counter() - start < 5
    assert [[r.stop for r in group] for group in groups] == [
        [StopReason.ERROR, StopReason.END],
        [StopReason.END, StopReason.ERROR],
    ]
    assert "no answer within 0.2 s" in groups[0][0].error


def test_slow_tools_of_different_episodes_overlap():
    """32 calls of 0.1 s each in 16 threads: 0.2 s, not 3.2 s."""

    class Slow(Feedback):
        def step(self, message):
            time.sleep(0.1)
            return

    engine = ScriptedEngine(lambda prompt, sample: "2", RENDERER.tokenizer)
    start = time.perf_counter()
    groups = play(engine, environment=Slow, count=16)
    assert time.perf_counter() - start < 1.6
    assert {r.stop for group in groups for r in group} == {StopReason.END}


def test_a_rollout_over_its_time_fails():
    class Slow(Feedback):
        def step(self, message):
            time.sleep(0.06)
            return (Message("user", "wrong"),)

    engine = ScriptedEngine(lambda prompt, sample: "0", RENDERER.tokenizer)
    groups = play(engine, environment=Slow, budgets=Budgets(time_limit_s=0.1))
    assert {r.stop for group in groups for r in group} == {StopReason.ERROR}
    assert groups[0][0].error == "the environment took over 0.1 s in all"
    assert len(groups[0][0].messages) == 3  # one answer was in time


def test_any_exception_of_an_environment_is_data():
    class Buggy(Feedback):
        def step(self, message):
            return {}["missing"]

    engine = ScriptedEngine(lambda prompt, sample: "0", RENDERER.tokenizer)
    for quick in (False, True):
        groups = play(engine, environment=Buggy, is_quick=quick)
        assert {r.error for group in groups for r in group} == {
            "the environment broke this rollout: KeyError: 'missing'"
        }


class Nagging(Feedback):
    def step(self, message):
        return (Message("user", "wrong"),)


def test_turns_and_tokens_have_budgets():
    engine = ScriptedEngine(lambda prompt, sample: "0", RENDERER.tokenizer)
    ((two, _), _) = play(engine, environment=Nagging, budgets=Budgets(max_turns=2))
    assert [m.content for m in two.messages] == ["0", "wrong", "0"]
    assert two.stop is StopReason.END
    assert two.facts == {"turns": 2.0, "out_of_turns": 1.0}
    ((cut, _), _) = play(engine, environment=Nagging, budgets=Budgets(max_tokens=5))
    assert cut.num_response_tokens == 5  # two turns of two tokens, one of a third
    assert cut.stop is StopReason.LENGTH


class SelfPlay:
    """Adds the policy's move in the other seat to what it is told, and hands in the moves."""

    def reset(self, problem):
        self.moves = []
        return problem.prompt

    def step(self, message):
        self.moves.append(message.content)
        return Turn(ask=(Message("user", f"other seat after {message.content}"),))

    def hear(self, message):
        self.moves.append(message.content)
        if len(self.moves) < 4:
            return Turn(messages=(Message("user", f"they: {message.content}"),), facts={"asked": 1})
        return Turn(is_over=True, submission=" ".join(self.moves), facts={"asked": 1})


def test_the_policy_answers_for_the_other_seat_too_and_is_not_trained_on_that():
    def script(prompt, sample):
        if "other seat" in prompt:
            return "b" if prompt.endswith("after a<eos>\n<|assistant|>") else "d"
        return "c" if "they: b" in prompt else "a"

    ((rollout,),) = play(
        ScriptedEngine(script, RENDERER.tokenizer),
        problems=PROBLEMS[:1],
        count=1,
        environment=SelfPlay,
    )
    assert rollout.response == rollout.submission == "a b c d"
    assert rollout.facts == {"turns": 2.0, "asked": 2.0}
    own = [i for i, mine in zip(rollout.response_ids, rollout.loss_mask, strict=True) if mine]
    assert RENDERER.tokenizer.decode(own) == "a<eos>c<eos>"


def test_a_streaming_engine_is_used_as_it_streams_and_gives_the_same():
    class Streaming(ScriptedEngine):
        def stream(self, requests):
            answers = super().generate(requests)
            places = [(r, s) for r, row in enumerate(answers) for s in range(len(row))]
            for r, s in reversed(places):
                yield r, s, answers[r][s]

        def generate(self, requests):
            raise AssertionError

    script = {"1+1": ["2", "two"], "2+2": ["4", "5"]}
    plain = play(ScriptedEngine(script, RENDERER.tokenizer), environment=Feedback)
    assert play(Streaming(script, RENDERER.tokenizer), environment=Feedback) == plain


def test_the_cost_of_a_turn_does_not_grow_with_the_turns():
    """What the template is shown does not grow: the opening, a stand-in, the answer."""
    seen = []

    class Watching(Renderer):
        def _template(self, rows, *, opens_turn):
            seen.append(sum(len(row["content"]) for row in rows))
            return super()._template(rows, opens_turn=opens_turn)

    engine = ScriptedEngine(lambda prompt, sample: "0", RENDERER.tokenizer)
    play(
        engine,
        environment=Nagging,
        renderer=Watching(tokenizer_with(CHATML)),
        budgets=Budgets(max_turns=30),
    )
    assert len(seen) == 2 + 29 * 4
    assert len(set(seen[2:])) == 1
