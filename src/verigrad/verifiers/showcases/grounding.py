"""Showcase of `grounding`."""

from verigrad.core.types import Problem
from verigrad.verifiers.grounding import Grounding
from verigrad.verifiers.showcases import Sample, Showcase

_DOCUMENTS = (
    "The Sydney Harbour Bridge opened on 19 March 1932. It is 1,149 metres long.",
    'Eiffel built the tower. He said: "I ought to be jealous of the tower."',
)
_GOOD = "The Sydney Harbour Bridge is 1,149 metres long [1].\nAnswer: 1149"
_QUOTED = 'Eiffel said "I ought to be jealous of the tower" [2].\nAnswer: jealous'
_REFUSAL = "The documents do not answer this."


def showcase() -> Showcase:
    """A figure, a quotation, and a question that the documents do not answer."""
    return Showcase(
        Grounding(),
        (
            Sample(
                Problem.of("How long is the bridge?", "1149", documents=_DOCUMENTS),
                (_GOOD, "It opened on March 19, 1932.[1] It has 1149 metres.[1]\nAnswer: 1,149"),
                (
                    _GOOD.replace("1,149", "1,194"),
                    _GOOD.replace("[1]", "[2]"),
                    _GOOD.replace("[1]", "[7]"),
                    _GOOD.replace(" [1]", ""),
                    _GOOD.replace("Answer: 1149", "Answer: 1932"),
                    _GOOD.replace("Sydney", "Humber"),
                    _REFUSAL,
                ),
            ),
            Sample(
                Problem.of("What did Eiffel say he ought to be?", "jealous", documents=_DOCUMENTS),
                (_QUOTED,),
                (_QUOTED.replace("ought", "used"), _QUOTED.replace("[2]", "[1]")),
            ),
            Sample(
                Problem.of("Who painted it?", {"unanswerable": True}, documents=_DOCUMENTS),
                (_REFUSAL,),
                (_GOOD, f"{_REFUSAL}\nAnswer: Monet", "I do not know."),
            ),
        ),
        pieces=("[1]", "[2]", " [3]", "1,149", "Answer: ", "1932", '"I ought to be"', "Bridge ",
                _REFUSAL, ". ", "\n", "19 March 1932"),
        options=("1149", "jealous", "1932", "Monet"),
    )  # fmt: skip
