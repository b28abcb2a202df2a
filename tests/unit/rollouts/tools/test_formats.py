"""Call formats: what each family writes is read back, and nothing broken is guessed at."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verigrad.rollouts.tools import CALL_FORMATS
from verigrad.rollouts.tools.base import ToolCall
from verigrad.rollouts.tools.formats import Fenced, Hermes, Llama3, Mistral, find_format

ALL = {name: CALL_FORMATS.load(name)() for name in CALL_FORMATS.names}
ADD = ToolCall("add", {"a": 1, "b": [2.5, None, {"c": "d"}]})
TIME = ToolCall("time", {})

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.text("ab<>{}[]\"'`;\n", max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("xyz", min_size=1), inner),
    max_leaves=6,
)
CALLS = st.lists(
    st.builds(
        ToolCall, st.text("abc_", min_size=1), st.dictionaries(st.text("pq", min_size=1), JSON)
    ),
    min_size=1,
    max_size=3,
)


@pytest.mark.parametrize("name", ALL)
def test_what_is_written_is_read(name):
    parsed = ALL[name].parse(ALL[name].write([ADD, TIME]))
    assert parsed.calls == (ADD, TIME)
    assert parsed.faults == ()


@given(CALLS)
def test_any_calls_come_back_in_llama_and_mistral_form(calls):
    """Objects of JSON need no escaping in these two; tags and fences may stand in strings."""
    for form in (ALL["llama3"], ALL["mistral"]):
        text = form.write(calls)
        if "[ARGS]" not in text:
            assert form.parse(text).calls == tuple(calls)


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize(
    "text",
    ["", "The answer is 4.", '{"answer": 4}', "```json\n[1, 2]\n```", "\\boxed{4}", "name: add"],
)
def test_an_answer_is_no_call(name, text):
    assert not ALL[name].parse(text).is_call


def hermes(body):
    return f"<tool_call>{body}</tool_call>"


BROKEN = [
    "",
    "add(1, 2)",
    "{}",
    '{"name": "add"}',
    '{"name": "add", "arguments": "x"}',
    '{"name": "add", "arguments": [1]}',
    '{"name": 3, "arguments": {}}',
    '{"name": "", "arguments": {}}',
    '{"name": "add", "arguments": {}, "extra": 1}',
    '{"name": "add", "arguments": {}, "parameters": {}}',
    '{"name": "add", "name": "sub", "arguments": {}}',
    '{"name": "add", "arguments": {"a": 1, "a": 2}}',
    '{"name": "add", "arguments": {"a": NaN}}',
    '{"name": "add", "arguments": {"a": Infinity}}',
    '{"name": "add", "arguments": {}} and more',
    '{"name": "add", "arguments": {}',
    "{'name': 'add', 'arguments': {}}",
    '[{"name": "add", "arguments": {}}]',
    '{"name": "add", "arguments": ' + "[" * 100_000,
    '{"name": "add", "arguments": {"a": ' + "9" * 5000 + "}}",
    '{"name": "add", "arguments": {"a": "' + "x" * 60_000 + '"}}',
]


@pytest.mark.parametrize("body", BROKEN, ids=range(len(BROKEN)))
def test_a_broken_call_is_a_fault_and_never_a_call(body):
    for text in (hermes(body), f"```tool_call\n{body}\n```"):
        parsed = (Hermes() if text.startswith("<") else Fenced()).parse(text)
        assert parsed.calls == ()
        assert len(parsed.faults) == 1
    if body and not body.startswith("["):
        for text in (f"[TOOL_CALLS] [{body}]", f"[TOOL_CALLS] {body}"):
            parsed = Mistral().parse(text)
            assert parsed.calls == ()
            assert parsed.faults
        assert Llama3().parse(f"<|python_tag|>{body}").faults


def test_tags_that_do_not_match():
    assert Hermes().parse('<tool_call>{"name": "add", "arguments": {}}').faults == (
        "<tool_call> is never closed",
    )
    nested = hermes('{"name": "add", "arguments": {}}<tool_call>')
    assert Hermes().parse(nested).faults
    assert not Hermes().parse("</tool_call>").is_call
    good = hermes(json.dumps({"name": "time", "arguments": {}}))
    parsed = Hermes().parse(f"first {hermes('oops')} then {good}")
    assert parsed.calls == (TIME,)
    assert len(parsed.faults) == 1


def test_what_is_thought_is_not_called():
    call = hermes('{"name": "time", "arguments": {}}')
    assert not Hermes().parse(f"<think>maybe {call}</think>The answer is 4.").is_call
    assert Hermes().parse(f"<think>maybe</think>{call}").calls == (TIME,)
    assert not Llama3().parse('<think>{"name": "x"}</think>4').is_call


def test_llama_forms():
    assert Llama3().parse('{"name": "time", "parameters": {}}').calls == (TIME,)
    assert Llama3().parse('<|python_tag|>{"name": "time", "arguments": {}}').calls == (TIME,)
    assert Llama3().parse('{"name": "time", "parameters": {}} done').faults
    assert Llama3().parse('so: <|python_tag|>{"name": "time", "parameters": {}}').faults
    assert not Llama3().parse('I would say {"name": "time", "parameters": {}}').is_call


def test_mistral_forms():
    assert Mistral().parse("[TOOL_CALLS]time[ARGS]{}[TOOL_CALLS]time[ARGS]{}").calls == (TIME, TIME)
    assert Mistral().parse("[TOOL_CALLS]time{}").faults
    assert Mistral().parse("[TOOL_CALLS]time[ARGS]{}x").faults
    assert Mistral().parse("[TOOL_CALLS] []").faults


def test_fenced_json_is_a_call_only_if_it_is_one():
    text = '```json\n{"name": "time", "arguments": {}}\n```'
    assert Fenced().parse(text).calls == (TIME,)
    assert not Fenced().parse('```json\n{"name": "Ann", "age": 3}\n```').is_call
    assert not Fenced().parse('```json\n{"name": "time"').is_call


@pytest.mark.parametrize("name", ALL)
@given(text=st.text('<tool_call>/{}[]"name:argumentsTOOL_CALLS`json ;\n', max_size=200))
def test_no_text_raises(name, text):
    ALL[name].parse(text)


@pytest.mark.parametrize("name", ALL)
def test_reading_is_linear(name):
    for piece in (
        "<tool_call>",
        "```tool_call",
        "```json",
        "[TOOL_CALLS]",
        '{"name":',
        "<|python_tag|>",
    ):
        start = time.process_time()
        ALL[name].parse(piece * 20_000)
        assert time.process_time() - start < 2


def test_the_format_is_found_by_the_template():
    class Tokenizer:
        def __init__(self, template):
            self.chat_template = template

    assert find_format(Tokenizer("... <tool_call> ...")) == "hermes"
    assert find_format(Tokenizer("[TOOL_CALLS]")) == "mistral"
    assert find_format(Tokenizer('"<|python_tag|>"')) == "llama3"
    assert find_format(Tokenizer("{'ipython'}")) == "llama3"
    assert find_format(Tokenizer("plain")) == "fenced"
