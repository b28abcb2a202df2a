"""Environments: what they answer, what they count, what they never tell."""

import time

import pytest
from chat_templates import CHATML, tokenizer_with

from verigrad.core.config import bind
from verigrad.core.errors import ConfigError, SetupError
from verigrad.core.recipe import Recipe
from verigrad.core.types import Message, Problem, StopReason
from verigrad.core.verdict import Reason
from verigrad.judging.bind import bind_tasks
from verigrad.rollouts.collect import Playing, collect
from verigrad.rollouts.engines.scripted import ScriptedEngine
from verigrad.rollouts.environments import ENVIRONMENTS
from verigrad.rollouts.environments.base import Budgets, Turn, as_turn
from verigrad.rollouts.environments.bind import Context, bind_playing, bind_setting
from verigrad.rollouts.environments.tool_use import told
from verigrad.rollouts.render import Renderer
from verigrad.rollouts.sampling import SamplingParameters
from verigrad.rollouts.tools import TOOLS
from verigrad.rollouts.tools.base import Arguments, Tool
from verigrad.rollouts.worked import worked_rollout
from verigrad.verifiers import TABLE
from verigrad.verifiers.base import Verifier, correct, failed, rejected
from verigrad.verifiers.math import Math

RENDERER = Renderer(tokenizer_with(CHATML))
CONTEXT = Context(Math(), RENDERER)
CALL = '<tool_call>{"name": "%s", "arguments": %s}</tool_call>'


def tools(*names, **switches):
    switches = {"tools": names, "call_format": "hermes", **switches}
    return bind_setting("tools", switches, CONTEXT)


def opened(setting, problem=None):
    environment = setting.make()
    environment.reset(problem or Problem.of("2+2?", "4"))
    return environment


def say(environment, text):
    return environment.step(Message("assistant", text))


def sums(expression):
    return CALL % ("calculator", f'{{"expression": "{expression}"}}')


# the contract ---------------------------------------------------------------------------------


def test_a_turn_says_one_thing():
    assert as_turn(None).is_over
    assert as_turn((Message("user", "hm"),)).messages == (Message("user", "hm"),)
    for wrong in ({}, {"messages": (Message("user", "x"),), "is_over": True}):
        with pytest.raises(ValueError):
            Turn(**wrong)
    with pytest.raises(ValueError):
        Turn(messages=(Message("user", "x"),), submission="y")
    with pytest.raises(ConfigError, match="max_turns and time_limit_s"):
        Budgets(max_turns=0, time_limit_s=0)


def test_unknown_kinds_and_switches_are_named():
    with pytest.raises(ConfigError, match="unknown environment"):
        bind_setting("tool", {}, CONTEXT)
    with pytest.raises(ConfigError, match=r"did you mean .max_turns"):
        bind_setting("tools", {"tools": ["calculator"], "max_turn": 3}, CONTEXT)
    with pytest.raises(ConfigError, match="unknown tool"):
        tools("calculater")
    with pytest.raises(ConfigError, match="calculator knows no `place`"):
        tools({"kind": "calculator", "place": 3})
    with pytest.raises(ConfigError, match="without a `kind`"):
        tools({"decimals": 3})


def test_everything_in_the_table_can_be_loaded():
    for name in ENVIRONMENTS.names:
        assert hasattr(ENVIRONMENTS.load(name), "step")


# tools ----------------------------------------------------------------------------------------


def test_calls_are_answered_in_order_and_counted():
    turn = say(opened(tools("calculator")), f"so {sums('2*3')} and {sums('1/0')}")
    assert [m.content for m in turn.messages] == [
        "<tool_response>\n6\n</tool_response>\n"
        "<tool_response>\nerror: division by zero\n</tool_response>"
    ]
    assert turn.facts == {"tool_calls": 2, "tool_errors": 1}


def test_results_are_tool_messages_where_the_template_knows_them():
    turn = say(opened(tools("calculator", results_as="tool")), sums("2*3") + sums("7-1"))
    assert turn.messages == (Message("tool", "6"), Message("tool", "6"))


def test_an_answer_without_a_call_is_the_end():
    assert say(opened(tools("calculator")), r"It is \boxed{4}.") is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("<tool_call>oops</tool_call>", "the call is no JSON"),
        (CALL % ("oracle", "{}"), "there is no tool 'oracle'; calculator"),
        (CALL % ("calculator", "{}"), "calculator: expression: Field required"),
        (CALL % ("calculator", '{"expression": 3}'), "expression: Input should be a valid string"),
    ],
)
def test_broken_calls_are_observations(text, told):
    turn = say(opened(tools("calculator", results_as="tool")), text)
    assert turn.messages[0].content.startswith("error: ")
    assert told in turn.messages[0].content
    assert turn.facts["tool_errors"] == 1


def test_too_many_calls_and_too_long_results():
    setting = tools({"kind": "calculator"}, results_as="tool", max_calls=2, max_result_chars=16)
    turn = say(opened(setting), sums("1") + sums("9**30") + sums("3"))
    first, long, refused = (m.content for m in turn.messages)
    assert first == "1"
    assert long == "4239115827521620\n[13 more]"  # 9**30 has 29 digits
    assert refused == "error: over 2 calls in one turn"


class Sleep(Tool):
    name, description = "sleep", "waits"
    arguments = Arguments

    def call(self, arguments):
        time.sleep(0.15)
        return "slept"


class Buggy(Sleep):
    name = "buggy"

    def call(self, arguments):
        raise RuntimeError("boom")


class Hung(Sleep):
    name = "hung"

    def call(self, arguments):
        time.sleep(60)


@pytest.fixture
def plugged(monkeypatch):
    for tool in (Sleep, Buggy, Hung):
        monkeypatch.setitem(TOOLS.table, tool.name, f"{__name__}:{tool.__name__}")


def test_parallel_calls_overlap(plugged):
    start = time.perf_counter()
    turn = say(opened(tools("sleep", results_as="tool")), (CALL % ("sleep", "{}")) * 6)
    assert time.perf_counter() - start < 0.6  # one after the other: 0.9 s
    assert [m.content for m in turn.messages] == ["slept"] * 6


def test_a_tools_own_bug_is_told_and_a_hung_one_ends_the_rollout(plugged):
    setting = tools("buggy", "hung", results_as="tool", step_limit_s=0.3)

    def script(prompt, sample):
        if "boom" in prompt:
            return "4"
        return CALL % (("buggy", "hung")[sample], "{}")

    ((told_of, broken),) = collect(
        [Problem.of("2+2?", "4")],
        ScriptedEngine(script, RENDERER.tokenizer),
        renderer=RENDERER,
        sampling=SamplingParameters(max_output_tokens=200),
        num_rollouts=2,
        seeds=[0],
        playing=Playing(settings={"": setting}),
    )
    assert [m.content for m in told_of.messages][1:] == ["error: RuntimeError: boom", "4"]
    assert told_of.stop is StopReason.END
    assert broken.stop is StopReason.ERROR
    assert "no answer within 0.3 s" in broken.error


def test_tools_are_told_in_the_template_or_in_words_or_nowhere():
    problem = Problem.of("2+2?", "4")
    in_words = tools("calculator").make().reset(problem)
    assert in_words[0].role == "system"
    assert '"name": "calculator"' in in_words[0].content
    assert "<tool_call>" in in_words[0].content
    assert tools("calculator", described_in="nowhere").make().reset(problem) == problem.prompt
    with_place = Renderer(tokenizer_with("{% if tools %}{{ tools }}{% endif %}" + CHATML))
    setting = bind_setting("tools", {"tools": ["calculator"]}, Context(Math(), with_place))
    assert setting.make().reset(problem) == problem.prompt
    shown = with_place.with_options(**setting.template_options)._text(
        problem.prompt, opens_turn=True
    )
    assert "Computes an arithmetic expression" in shown
    system = (Message("system", "Be brief."), *problem.prompt)
    assert told(system, "Tools.")[0].content == "Be brief.\n\nTools."


def test_tools_never_see_the_answer():
    seen = {}

    class Spy(Sleep):
        def begin(self, info):
            seen.update(info)
            return self

    opened(
        type(tools("calculator"))(make=tools("calculator").make),
        Problem.of("2+2?", "secret", documents=["x"]),
    )
    Spy().begin(Problem.of("2+2?", "secret", documents=["x"]).info)
    assert "secret" not in str(seen)


# worked solutions -----------------------------------------------------------------------------

RECIPE = """
name = "x"
[model.build]
[[task]]
name = "products"
source = { generator = "expressions", digits = 2 }
verifier = { kind = "math" }
environment = { kind = "tools", tools = ["calculator"], call_format = "hermes", results_as = "tool" }
[rollouts]
max_output_tokens = 64
"""


def test_a_recipe_binds_and_worked_solutions_are_played_as_they_are_sampled():
    recipe = bind(Recipe, RECIPE).recipe
    tasks = bind_tasks(recipe)
    playing = bind_playing(recipe, tasks, RENDERER)
    (problem,) = tasks["products"].source.train(1, step=1, seed=0)
    worked = worked_rollout(problem, RENDERER, playing)
    assert worked.messages[1] == Message("tool", problem.answer)
    turns = [m.content for m in worked.messages if m.role == "assistant"]
    assert turns[0].startswith('<tool_call>\n{"name": "calculator"')
    assert turns[1] == problem.solution

    def script(prompt, sample):
        return turns[prompt.count("<|tool|>")]

    ((sampled,),) = collect(
        [problem],
        ScriptedEngine(script, RENDERER.tokenizer),
        renderer=RENDERER,
        sampling=SamplingParameters(max_output_tokens=200),
        num_rollouts=1,
        seeds=[0],
        playing=playing,
    )
    for name in ("prompt_ids", "response_ids", "loss_mask", "messages", "facts"):
        assert getattr(worked, name) == getattr(sampled, name)


def test_a_wrong_environment_in_a_recipe_is_a_config_error():
    recipe = bind(Recipe, RECIPE.replace("call_format", "calls")).recipe
    with pytest.raises(ConfigError) as caught:
        bind_playing(recipe, bind_tasks(recipe), RENDERER)
    assert caught.value.where == "task.0.environment"


# feedback -------------------------------------------------------------------------------------


def feedback(**switches):
    return bind_setting("feedback", switches, CONTEXT)


def test_feedback_until_the_answer_is_right_and_without_it():
    environment = opened(feedback(tells_why=True), Problem.of("6*7?", "4242"))
    for text, why in (
        (r"\boxed{41}", "That is not correct"),
        ("hm", "could not find a final answer"),
        (r"\boxed{1} or \boxed{4242}", "more than one final answer"),
    ):
        turn = say(environment, text)
        assert why in turn.messages[0].content
        assert "4242" not in turn.messages[0].content
        assert turn.facts == {"tries_after_first": 1}
    assert say(environment, r"\boxed{4242}") is None


def test_feedback_tells_every_wrong_answer_the_same():
    """Nothing of the verdict but that it is not a full score: no distance, no evidence."""
    texts = {
        say(opened(feedback(), Problem.of("?", "4242")), f"\\boxed{{{wrong}}}").messages
        for wrong in ("4241", "-1", "x+1", "4242.5")
    }
    assert len(texts) == 1


class Says(Verifier):
    name, version = "says", "1"

    def judge(self, problem, response):
        return {"right": correct(), "down": failed("no server")}.get(
            response, rejected(Reason.WRONG)
        )


def test_feedback_that_cannot_be_judged_breaks_the_rollout():
    environment = opened(bind_setting("feedback", {}, Context(Says(), RENDERER)))
    with pytest.raises(SetupError, match="could not be judged"):
        say(environment, "down")


# games ----------------------------------------------------------------------------------------


def playing_game(name, **switches):
    return bind_setting("game", switches, Context(TABLE.load(name)(), RENDERER))


X_TO_MOVE = Problem.of("X has 1, O has 5.", None, moves=[1, 5])  # X wins by 9, 3, then 6 or 2


def test_a_game_is_won_move_by_move_and_its_record_judged_again():
    """X 9; O must block? 1-5-9 is O's middle, so O takes the lowest free cell, 2; and so on."""
    setting = playing_game("tic_tac_toe")
    assert setting.submits
    environment = opened(setting, X_TO_MOVE)
    verifier = TABLE.load("tic_tac_toe")()
    board = verifier.start(verifier.read_reference(X_TO_MOVE))
    moves = []
    while True:
        move = next(
            m for m in ("9", "3", "6", "7", "8", "4", "2") if board.cell_of(int(m)) is not None
        )
        moves.append(move)
        board.play(move)
        turn = as_turn(say(environment, f"I take \\boxed{{{move}}}"))
        if turn.is_over:
            break
        assert turn.messages == (Message("user", f"I play {board.reply()}. Your move?"),)
    if board.outcome() is None:
        board.reply()
    assert turn.submission == f"\\boxed{{{' '.join(moves)}}}"
    verdict = verifier.verify(X_TO_MOVE, turn.submission)
    assert verdict.score == board.outcome().value


@pytest.mark.parametrize("text", ["no move", r"\boxed{1}", r"\boxed{2 3}", r"\boxed{2} \boxed{3}"])
def test_an_illegal_move_loses_or_is_told_of(text):
    turn = as_turn(say(opened(playing_game("tic_tac_toe"), X_TO_MOVE), text))
    assert turn.is_over
    assert turn.facts == {"illegal_moves": 1}
    verdict = TABLE.load("tic_tac_toe")().verify(X_TO_MOVE, turn.submission)
    assert verdict.score == 0.0
    patient = opened(playing_game("tic_tac_toe", max_faults=1), X_TO_MOVE)
    assert as_turn(say(patient, text)).messages[0].content.endswith("Your move?")
    assert as_turn(say(patient, text)).is_over


def test_a_rollout_that_is_cut_submits_nothing_whatever_it_wrote():
    """The text would be a won game for the verifier; cut before its end it is no answer."""
    won = Problem.of("X has 1 and 2, O has 4 and 9.", None, moves=[1, 4, 2, 9])
    verifier = TABLE.load("tic_tac_toe")()
    assert verifier.verify(won, r"\boxed{3}").is_correct
    engine = ScriptedEngine(lambda prompt, sample: r"\boxed{3}" + "x" * 99, RENDERER.tokenizer)
    ((rollout,),) = collect(
        [won],
        engine,
        renderer=RENDERER,
        sampling=SamplingParameters(max_output_tokens=20),
        num_rollouts=1,
        seeds=[0],
        playing=Playing(settings={"": playing_game("tic_tac_toe")}),
    )
    assert rollout.stop is StopReason.LENGTH
    assert r"\boxed{3}" in rollout.messages[0].content
    assert rollout.response == ""
    assert verifier.verify(won, rollout.response).reason is Reason.NO_ANSWER


def test_a_game_needs_a_game_verifier():
    with pytest.raises(ConfigError, match="needs a game verifier"):
        playing_game("math")
    with pytest.raises(ConfigError, match='needs the verifier "maze"'):
        bind_setting("maze_walk", {}, CONTEXT)


def test_a_maze_is_walked_from_inside():
    maze = Problem.of("the map", None, rows=["S.#", "#.G"], shortest=False)
    environment = bind_setting("maze_walk", {}, Context(TABLE.load("maze")(), RENDERER)).make()
    (opening,) = environment.reset(maze)
    assert "the map" not in opening.content
    assert opening.content.endswith("Open: right.")
    assert say(environment, r"\boxed{up}").messages[0].content == "There is a wall.\nOpen: right."
    assert say(environment, "hm").facts == {"bumps": 1}
    assert say(environment, r"\boxed{right}").messages[0].content == "Open: down, left."
    assert say(environment, "L").facts == {"steps": 1}
    say(environment, "right")
    say(environment, "<answer>down</answer>")
    turn = say(environment, r"\boxed{R}")
    assert turn.is_over
    assert turn.submission == r"\boxed{RLRDR}"
    assert TABLE.load("maze")().verify(maze, turn.submission).is_correct
