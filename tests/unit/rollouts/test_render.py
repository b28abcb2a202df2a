"""Rendering: masks, prefixes, and templates that cannot be trained on."""

import pytest
from chat_templates import APPENDING, CHATML, FORGETFUL, UNCLOSED, tokenizer_with
from small_models import make_tokenizer

from verigrad.core.errors import DataError, SetupError
from verigrad.core.types import Message
from verigrad.rollouts.render import Renderer

TALK = (
    Message("user", "1+1?"),
    Message("assistant", "2"),
    Message("user", "and 2+2?"),
    Message("assistant", "it is 4"),
)


def written(renderer, rendered):
    """The text of the masked ids."""
    ids = [i for i, own in zip(rendered.ids, rendered.mask, strict=True) if own]
    return renderer.tokenizer.decode(ids)


def test_a_prompt_opens_the_assistants_turn():
    renderer = Renderer(tokenizer_with(CHATML))
    text = renderer.tokenizer.decode(list(renderer.prompt(TALK[:1])))
    assert text == "<|user|>1+1?<eos>\n<|assistant|>"


def test_the_mask_covers_what_the_assistant_wrote_and_its_closing_token():
    renderer = Renderer(tokenizer_with(CHATML))
    rendered = renderer.conversation(TALK)
    assert len(rendered.ids) == len(rendered.mask)
    assert written(renderer, rendered) == "2<eos>it is 4<eos>"
    assert renderer.tokenizer.decode(list(rendered.ids)) == (
        "<|user|>1+1?<eos>\n<|assistant|>2<eos>\n<|user|>and 2+2?<eos>\n<|assistant|>it is 4<eos>"
    )


@pytest.mark.parametrize("name", APPENDING)
def test_what_is_trained_on_begins_with_what_is_sampled_from(name):
    renderer = Renderer(tokenizer_with(APPENDING[name]))
    whole = renderer.conversation(TALK)
    for turn in (1, 3):
        prompt = renderer.prompt(TALK[:turn])
        assert whole.ids[: len(prompt)] == prompt
        assert not whole.mask[len(prompt) - 1]
        assert whole.mask[len(prompt)]
    assert written(renderer, whole).replace(" ", "") == "2<eos>itis4<eos>"


@pytest.mark.parametrize("name", APPENDING)
def test_observations_continue_sampled_ids_as_the_template_would(name):
    renderer = Renderer(tokenizer_with(APPENDING[name]))
    whole = renderer.conversation(TALK)
    between = whole.ids[: len(renderer.prompt(TALK[:3]))]
    sampled = between[: len(renderer.conversation(TALK[:2]).ids)]
    added = renderer.observation(TALK[:1], TALK[2:3], is_closed=True, turn=1)
    assert (*sampled, *added) == between
    unclosed = renderer.observation(TALK[:1], TALK[2:3], is_closed=False, turn=1)
    assert unclosed == (2, *added)


def test_options_reach_the_template():
    template = "{% if loud %}!{% endif %}" + CHATML
    loud = Renderer(tokenizer_with(template), options={"loud": True})
    quiet = Renderer(tokenizer_with(template))
    assert len(loud.prompt(TALK[:1])) == len(quiet.prompt(TALK[:1])) + 1


def test_a_missing_template_is_named():
    with pytest.raises(SetupError, match="no chat template") as caught:
        Renderer(make_tokenizer())
    assert "tokenizer.chat_template" in caught.value.remedy


def test_a_tokenizer_without_an_end_is_named():
    tokenizer = tokenizer_with(CHATML)
    tokenizer.eos_token = None
    with pytest.raises(SetupError, match="nothing closes"):
        Renderer(tokenizer)
    assert Renderer(tokenizer, end_token_ids=[2]).conversation(TALK[:2]).mask[-1]


def test_a_template_that_forgets_is_refused_with_the_place():
    renderer = Renderer(tokenizer_with(FORGETFUL))
    assert written(renderer, renderer.conversation(TALK[:2])) == "<think></think>2<eos>"
    with pytest.raises(DataError, match="not prefix-consistent") as caught:
        renderer.conversation(TALK)
    assert "<think>" in caught.value.where
    assert "one per assistant turn" in caught.value.remedy


def test_a_forgetful_template_still_plays_turn_by_turn():
    """What was sampled is kept as it was, and only what follows it is rendered."""
    renderer = Renderer(tokenizer_with(FORGETFUL))
    added = renderer.observation(TALK[:1], TALK[2:3], is_closed=True, turn=1)
    assert renderer.tokenizer.decode(list(added)) == "\n<|user|>and 2+2?<eos>\n<|assistant|>"


def test_a_turn_that_is_never_closed_is_refused():
    renderer = Renderer(tokenizer_with(UNCLOSED))
    with pytest.raises(DataError, match="does not close"):
        renderer.conversation(TALK)
    with pytest.raises(DataError, match="does not close"):
        renderer.observation(TALK[:1], TALK[2:3], is_closed=True, turn=1)


def test_a_conversation_without_an_answer_is_refused():
    with pytest.raises(DataError, match="without an assistant message"):
        Renderer(tokenizer_with(CHATML)).conversation(TALK[:1])
