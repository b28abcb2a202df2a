"""The switches of mathematical equality: every leniency has a name, and is off unless said here."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from verigrad.verifiers.extract import ExtractPolicy


class MathPolicy(ExtractPolicy):
    r"""How two answers are compared, beside where the answer stands (`ExtractPolicy`).

    - `unit`: `optional` accepts a missing unit and refuses a wrong one; `required` refuses a
      missing one too.
    - `convert_units`: 5000 m answers 5 km.
    - `percent`: `fraction` means 25% = 0.25 = 1/4; `number` also accepts 25 for 25% (a task
      that asks for "how many percent").
    - `order_matters`: a bare list `2, -3` is compared in order; tuples always are.
    - `lowest_terms`: a fraction that can be reduced is wrong.
    - `decimals`: `exact`; `stated_precision` accepts what rounds (half up) to a decimal
      reference at the reference's own number of places.
    - `base_conversion`: 1011_2 may be answered by 11.
    - `relation_as_interval`: x > 3 answers (3, oo), and the other way round.
    - `variables`: identities must hold wherever the `real` reference is real, or for
      `positive` variables only.
    - `log_base`: what a bare log means.
    - `any_constant`: the constant of integration may have any name.
    - `least_certainty`: `numerical` also accepts an identity of trig, log or exp that has no
      proof here but holds to the recorded number of bits; `exact` never does.
    - `max_answer_chars`: longer answers are `over_limit`.
    """

    unit: Literal["optional", "required"] = "optional"
    convert_units: bool = True
    percent: Literal["fraction", "number"] = "fraction"
    order_matters: bool = False
    lowest_terms: bool = False
    decimals: Literal["exact", "stated_precision"] = "exact"
    base_conversion: bool = False
    relation_as_interval: bool = True
    variables: Literal["real", "positive"] = "real"
    any_constant: bool = False
    log_base: Literal["10", "e"] = "10"
    least_certainty: Literal["exact", "numerical"] = "numerical"
    max_answer_chars: int = Field(default=8_192, ge=1, le=20_000)
