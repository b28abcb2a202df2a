"""Finding the final answer in a response: shared by every verifier that reads one.

`extract(response, policy)` returns every candidate with its span, or the fault that makes the
response unjudgeable (`no_answer`, `malformed`, `ambiguous`, `over_limit`). It never guesses:
whether two candidates say the same is for the verifier to decide, which knows what they mean.
"""

from verigrad.verifiers.extract.answers import Extraction, extract, extract_reference
from verigrad.verifiers.extract.boxed import Boxes, find_boxes
from verigrad.verifiers.extract.policy import AnswerIn, ExtractPolicy
from verigrad.verifiers.extract.reasoning import blank_reasoning

__all__ = [
    "AnswerIn",
    "Boxes",
    "ExtractPolicy",
    "Extraction",
    "blank_reasoning",
    "extract",
    "extract_reference",
    "find_boxes",
]
