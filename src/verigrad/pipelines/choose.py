"""`choose`: what supervision a task has, and which stages fit it, in their order, with reasons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Checker = Literal["none", "exact", "tests", "proof", "constraints", "judge"]
CHECKERS: dict[Checker, str] = {
    "none": "nothing decides whether an answer is right",
    "exact": "a known answer to compare with",
    "tests": "tests of programs",
    "proof": "a proof checker",
    "constraints": "rules of form: length, format, schema",
    "judge": "a model or a person gives an opinion",
}
FEW_DEMONSTRATIONS, FEW_PREFERENCES, REWARD_MODEL_PREFERENCES = 100, 500, 5_000
SELDOM, NEARLY_ALWAYS = 0.02, 0.95
_KINDS = {"exact": "math", "tests": "code", "proof": "metamath", "constraints": "constraints"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Supervision:
    """What there is: rows of worked answers, pairs (better, worse), a checker, labels of steps, a
    stronger model to learn from, and how often the model is right already (None: not known).
    `can_already` says it in one word where it was not measured: right now and then, or never.
    """

    demonstrations: int = 0
    preferences: int = 0
    checker: Checker = "none"
    has_step_labels: bool = False
    has_teacher: bool = False
    pass_rate: float | None = None
    can_already: bool | None = None

    @property
    def is_seldom_right(self) -> bool:
        """True where too few answers are right to learn from, as far as is known."""
        if self.pass_rate is not None:
            return self.pass_rate < SELDOM
        return not self.can_already

    @property
    def is_checked(self) -> bool:
        """True where something decides, rather than has an opinion."""
        return self.checker not in ("none", "judge")


@dataclass(frozen=True, slots=True)
class Advice:
    """A stage that fits, and why; `kind` "" is a word of caution."""

    kind: str
    why: str


def choose(have: Supervision) -> list[Advice]:
    """Stages in the order in which they would run.

    >>> [one.kind for one in choose(Supervision(checker="exact", pass_rate=0.3))]
    ['audit', 'rl', 'evaluate']
    """
    found = [*_before(have), *_supervised(have), *_preferred(have), *_reinforced(have)]
    if have.has_step_labels:
        found.append(
            Advice(
                "process_reward_model",
                "steps are labelled: a scorer of steps ranks and searches at test time",
            )
        )
    if not any(one.kind for one in found):
        return [
            *found,
            Advice("", "there is nothing to learn from yet: write a checker (`verigrad new "
                   "verifier`), or collect worked answers or pairs"),
        ]  # fmt: skip
    return [
        *found,
        Advice("evaluate", "held-out accuracy with its interval, and gates against regressions"),
    ]


def _before(have: Supervision) -> list[Advice]:
    if have.checker == "none":
        return []
    if have.checker == "judge":
        return [
            Advice("audit", "a judge is an opinion: measure it on labelled answers first"),
            Advice("", "a policy learns what a judge likes: put the judge behind something that "
                   "decides (`gated`), or use it for pairs"),
        ]  # fmt: skip
    return [Advice("audit", "the checker becomes the reward: attack it before it is trusted")]


def _supervised(have: Supervision) -> list[Advice]:
    found = []
    if have.demonstrations and (have.is_seldom_right or not have.is_checked):
        few = " (few: a cold start that shows the form)"
        told = few if have.demonstrations < FEW_DEMONSTRATIONS else ""
        found.append(Advice("sft", f"{have.demonstrations:,} worked answers to imitate{told}"))
    if have.has_teacher:
        if have.is_checked:
            found.append(
                Advice("reject", "the teacher's answers that the checker passes; sft learns them")
            )
            why = (
                "on the teacher's kept answers: small models gain more from this than from "
                "reinforcement (DeepSeek-R1, section 4.1)"
            )
            found.append(Advice("sft", why))
        found.append(
            Advice("distill", "on-policy: the student writes, the teacher's log-probabilities pay")
        )
    return found


def _preferred(have: Supervision) -> list[Advice]:
    if not have.preferences:
        return []
    if have.preferences < FEW_PREFERENCES:
        return [
            Advice("", f"{have.preferences:,} pairs are few: hold them out to measure with, or "
                   f"collect {FEW_PREFERENCES:,}")
        ]  # fmt: skip
    found = [Advice("dpo", f"{have.preferences:,} pairs, without a reward model")]
    if have.preferences >= REWARD_MODEL_PREFERENCES and not have.is_checked:
        found.append(Advice("reward_model", "enough pairs to score answers that none of them has"))
    return found


def _reinforced(have: Supervision) -> list[Advice]:
    if not have.is_checked:
        return []
    rate = have.pass_rate
    if rate is None and have.can_already is not False:
        return [
            Advice("rl", "the checker pays; measure first how often the model is right: "
                   "`verigrad profile`")
        ]  # fmt: skip
    if rate is not None and rate > NEARLY_ALWAYS:
        return [
            Advice("", f"it is right {rate:.0%} of the time: groups without spread teach "
                   "nothing, find harder problems")
        ]  # fmt: skip
    if rate is None or rate < SELDOM:
        has_start = have.demonstrations or have.has_teacher
        first = "after the supervised start" if has_start else "on easier problems first"
        often = "never right" if rate is None else f"right {rate:.1%} of the time"
        return [
            Advice("rl", f"{often} is too seldom to learn from: {first} "
                   "(`[curriculum]` easy_to_hard)")
        ]  # fmt: skip
    return [Advice("rl", f"right {rate:.0%} of the time: groups have spread, and each teaches")]


def recipe_of(have: Supervision, advice: Sequence[Advice]) -> str:
    """A pipeline to begin with: the stages in a row, and what to fill in."""
    kind = _KINDS.get(have.checker, "exact")
    lines = [
        'name = "mine"',
        "[model]",
        'path = "Qwen/Qwen3-0.6B"',
        "[[task]]",
        'name = "task"',
        'source = { path = "train.jsonl" }',
        f'verifier = {{ kind = "{kind}" }}',
    ]
    if not have.is_checked:
        lines[-1] += "  # nothing checks answers: its figures mean little"
    model, data = "", ""  # the stages that left the newest of each
    for one in advice:
        if not one.kind:
            continue
        if one.kind == "distill":
            lines.append("# distillation on-policy: add a stage with the teacher's weights, and")
            lines.append('# kind = "distill" with it as `teacher`')
            continue
        name = f"{one.kind}_of_traces" if one.kind == "sft" and data else one.kind
        lines += ["[[stage]]", f'name = "{name}"', f'kind = "{one.kind}"']
        if one.kind == "reject":
            data = name
            lines.append('model = { path = "TEACHER" }')
            continue
        lines += _from(model, data if one.kind == "sft" else "")
        if one.kind in ("dpo", "reward_model"):
            lines.append('path = "pairs.jsonl"  # rows of prompt, chosen, rejected')
        if one.kind in ("sft", "dpo", "rl"):
            model = name
    return "\n".join(lines) + "\n"


def _from(*names: str) -> list[str]:
    given = ", ".join(f'"{name}"' for name in names if name)
    return [f"from = [{given}]"] if given else []
