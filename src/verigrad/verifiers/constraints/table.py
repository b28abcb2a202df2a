"""Every constraint by id: IFEval's 25, IFBench's that need no model, and our own."""

from __future__ import annotations

from verigrad.verifiers.constraints.common import COMMON
from verigrad.verifiers.constraints.ifbench_formats import FORMATS
from verigrad.verifiers.constraints.ifbench_words import WORDS
from verigrad.verifiers.constraints.ifeval import IFEVAL
from verigrad.verifiers.constraints.rule import Rule

RULES: dict[str, Rule] = {**IFEVAL, **WORDS, **FORMATS, **COMMON}
