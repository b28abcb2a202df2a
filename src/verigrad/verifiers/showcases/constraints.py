"""Showcase of `constraints`."""

from verigrad.core.types import Problem
from verigrad.verifiers.constraints import Constraints
from verigrad.verifiers.showcases import Sample, Showcase

_TEA = "<<A Calm Cup>>\nWarm the pot with care. Then pour the water over the leaves of the tea."


def showcase() -> Showcase:
    """Title, keyword and comma; JSON of two lengths; English in capitals."""
    tea = Problem.of(
        "Write about tea, with a title in double angular brackets, without commas.",
        [
            {"id": "detectable_format:title"},
            {"id": "punctuation:no_comma"},
            {"id": "keywords:existence", "keywords": ["tea", "pot"]},
            {
                "id": "length_constraints:number_sentences",
                "num_sentences": 3,
                "relation": "less than",
            },
        ],
    )
    bird = Problem.of(
        "Describe a wren in JSON, in at least 20 characters.",
        {
            "instruction_id_list": ["detectable_format:json_format", "keywords:existence"],
            "kwargs": [{"keywords": None}, {"keywords": ["wren"]}],
        },
    )
    shout = Problem.of(
        "Greet the reader in English capitals.",
        {
            "all_of": [
                {"id": "change_case:english_capital"},
                {"id": "length:words", "least": 5, "most": 20},
            ]
        },
    )
    return Showcase(
        Constraints(),
        (
            Sample(
                tea,
                (_TEA, f"<think>commas, commas</think>\n{_TEA}"),
                (
                    _TEA.replace("care.", "care,"),
                    _TEA.replace("<<", "<"),
                    _TEA.replace("tea", "teapot"),
                    _TEA.replace("leaves", "leaves. Wait. Enjoy"),
                ),
            ),
            Sample(
                bird,
                ('{"name": "wren", "sings": true}', '```json\n{"name": "wren"}\n```'),
                (
                    '{"name": "wren", "name": "wren"}',
                    '{"name": "wrens"}',
                    '{"name": "wren", "grams": NaN}',
                    'Here it is: {"name": "wren"}',
                ),
            ),
            Sample(
                shout,
                ("WELCOME TO ALL OF YOU WHO ARE HERE WITH US.",),
                (
                    "WELCOME TO ALL OF YOU WHO ARE HERE WITH us.",
                    "WILLKOMMEN, DAS IST NICHT SCHLECHT UND DER TAG IST GUT.",
                    "GRXQ ZZ KLMP VRT WWX QQP.",
                ),
            ),
        ),
        pieces=("<<", ">>", ",", ".", "tea", "pot", "***", "******", "* ", "- ", "[x]", "P.S.",
                "Section 1", '{"name": "wren"}', "```", '"', "THE AND OF", "42", "?", "!"),
    )  # fmt: skip
