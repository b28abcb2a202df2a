"""Work on a repository, played to its end by a scripted policy."""

import json
from dataclasses import replace

import pytest
from chat_templates import CHATML, tokenizer_with

from verigrad.core.errors import ConfigError
from verigrad.core.types import Message, Problem
from verigrad.rollouts.collect import Playing, collect
from verigrad.rollouts.engines.scripted import ScriptedEngine
from verigrad.rollouts.environments.bind import Context, bind_setting
from verigrad.rollouts.render import Renderer
from verigrad.rollouts.sampling import SamplingParameters
from verigrad.rollouts.worked import worked_rollout
from verigrad.verifiers.math import Math
from verigrad.verifiers.repository import Repository

TOKENIZER = tokenizer_with(CHATML)
RENDERER = Renderer(TOKENIZER)
FILES = {"maths.py": "def double(x):\n    return x + 2\n", "tests/check.py": "# visible\n"}
SECRET = "double(21) == 42"
PROBLEM = Problem.of(
    "double(5) is 7.",
    {
        "tests": [
            {"module": "maths", "entry_point": "double",
             "assertions": ["assert double(3) == 6", {"source": f"assert {SECRET}", "hidden": True}]},
        ],
        "protected": ["tests/*"],
    },
    repository={"files": FILES},
)  # fmt: skip


pytestmark = pytest.mark.usefixtures("local")


def setting(verifier=None, **switches):
    switches = {"call_format": "hermes", **switches}
    return bind_setting("repository", switches, Context(verifier or Repository(), RENDERER))


def call(name, **arguments):
    return f"<tool_call>{json.dumps({'name': name, 'arguments': arguments})}</tool_call>"


def opened(**switches):
    environment = setting(**switches).make()
    environment.reset(PROBLEM)
    return environment


def told(environment, *calls):
    turn = environment.step(Message("assistant", "".join(calls)))
    return "\n".join(message.content for message in turn.messages)


EDIT = call("replace_text", path="maths.py", old="x + 2", new="x * 2")


def test_it_is_read_mended_and_submitted_as_a_patch():
    turns = iter(
        [call("list_files"), call("read_file", path="maths.py"), EDIT, call("run_tests"), "Done."]
    )
    engine = ScriptedEngine(lambda prompt, sample: next(turns), TOKENIZER)
    [[rollout]] = collect(
        [PROBLEM], engine, renderer=RENDERER, sampling=SamplingParameters(max_output_tokens=300),
        num_rollouts=1, seeds=[0], playing=Playing(settings={"": setting()}),
    )  # fmt: skip
    said = [message.content for message in rollout.messages if message.role != "assistant"]
    assert "maths.py (2 lines)" in said[0]
    assert "2\t    return x + 2" in said[1]
    assert "they pass" in said[3]
    assert SECRET not in "".join(said)
    assert rollout.facts["files_changed"] == 1
    assert rollout.submission.startswith("diff --git a/maths.py b/maths.py")
    assert Repository().verify(rollout.problem, rollout.response).is_correct


def test_the_tools():
    environment = opened()
    assert told(environment, call("find_text", text="return")).endswith(
        "maths.py:2: return x + 2\n</tool_response>"
    )
    assert "they fail: wrong" in told(environment, call("run_tests"))
    assert "0 times" in told(environment, call("replace_text", path="maths.py", old="y", new="z"))
    assert "protected" in told(environment, call("write_file", path="tests/check.py", text=""))
    assert "protected" in told(environment, call("delete_file", path="tests/check.py"))
    assert "no path inside" in told(environment, call("write_file", path="../up.py", text=""))
    assert "no path inside" in told(environment, call("write_file", path=".git/config", text=""))
    assert "file and a folder" in told(environment, call("write_file", path="maths.py/x", text=""))
    assert "there is no file" in told(environment, call("read_file", path="none.py"))
    assert "there is no tool" in told(environment, call("shell", command="ls"))
    ran = told(
        environment,
        call("run_python", code="import maths, os\nprint(maths.double(4), sorted(os.listdir()))"),
    )
    assert "6 ['maths.py', " in ran
    assert ".git" not in ran
    both = told(environment, EDIT, call("run_tests"))  # in order: the tests see the edit
    assert "they pass" in both
    assert told(environment, call("delete_file", path="maths.py"))
    assert "no file" in told(environment, call("list_files", pattern="*.md"))


def test_worked_calls_are_warmed_up_on():
    calls = [
        {"name": "replace_text", "arguments": {"path": "maths.py", "old": "x + 2", "new": "x * 2"}}
    ]
    problem = replace(PROBLEM, id="", info={**PROBLEM.info, "calls": calls}, solution="Mended.")
    worked = worked_rollout(problem, RENDERER, Playing(settings={"": setting()}))
    assert [message.role for message in worked.messages] == ["assistant", "user", "assistant"]
    assert Repository().verify(problem, worked.response).is_correct


def test_rollouts_do_not_share_their_files():
    made = setting()
    one, other = made.make(), made.make()
    one.reset(PROBLEM)
    other.reset(PROBLEM)
    told(one, EDIT)
    assert other.tree.files == FILES


def test_used_up_turns_submit_what_there_is():
    environment = opened(max_turns=2)
    told(environment, call("list_files"))
    turn = environment.step(Message("assistant", EDIT))
    assert turn.is_over
    assert "+    return x * 2" in turn.submission
    untouched = opened(max_turns=1).step(Message("assistant", call("list_files")))
    assert untouched.submission == ""
    assert not Repository().verify(PROBLEM, "").is_correct


def test_what_it_needs():
    with pytest.raises(ConfigError, match="needs the verifier"):
        setting(Math())
    with pytest.raises(ConfigError, match="no tool 'python'"):
        setting(tools=["python"])
    assert set(setting(tools=["read_file"]).make().box.tools) == {"read_file"}
