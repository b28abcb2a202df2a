"""`bias`: what length and std normalisation did to a run, as tables, words and a page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from verigrad.core.errors import DataError
from verigrad.pipelines.stored_run import StoredRun
from verigrad.records.rollouts import read_rollouts
from verigrad.records.run import RunFolder
from verigrad.reports.charts import Line, line_chart, share_text
from verigrad.reports.charts_page import write_charts_page
from verigrad.reports.panels import Panel
from verigrad.training.diagnosis.bias import (
    SHOWN,
    DifficultyCell,
    LengthCell,
    Pushed,
    StepBias,
    by_difficulty,
    by_length,
    length_edges,
    length_effect,
    of_step,
    pushed,
    scale_effect,
)
from verigrad.training.diagnosis.stored import stored_step

_SMALL = 0.05  # an effect within it of 1 is none
_COLOURS = dict(zip(SHOWN, ("c-blue", "c-amber", "c-right", "c-violet"), strict=True))


@dataclass(frozen=True, slots=True)
class Bias:
    """What was found. Effects are factors (1: none; None: the records do not tell)."""

    run: str
    preset: str
    num_steps: int
    num_rollouts: int
    lengths: tuple[LengthCell, ...]
    difficulty: tuple[DifficultyCell, ...]
    steps: tuple[StepBias, ...]
    length_effect: float | None
    scale_effect: float | None
    words: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return asdict(self)


def bias(path: Path) -> Bias:
    """Read the rollouts of every recorded step; DataError where no step pushed anything."""
    run = StoredRun(RunFolder.open(path))
    steps: list[list[Pushed]] = []
    for number, file in run.folder.rollout_files():
        found = pushed(stored_step(number, read_rollouts(file)), run.objective, run.settings)
        if found:
            steps.append(found)
    rollouts = [rollout for step in steps for rollout in step]
    if not rollouts:
        raise DataError(
            "no recorded step moved the policy",
            where=str(path / "rollouts"),
            cause="every group had equal rewards, or training.record_every left the steps out",
            remedy="give a run with mixed groups",
        )
    edges = length_edges(rollouts)
    lengths, difficulty = by_length(rollouts, edges), by_difficulty(rollouts)
    of_length, of_scale = length_effect(lengths), scale_effect(difficulty)
    return Bias(
        run=str(path),
        preset=run.recipe.objective.preset,
        num_steps=len(steps),
        num_rollouts=len(rollouts),
        lengths=tuple(lengths),
        difficulty=tuple(difficulty),
        steps=tuple(of_step(step, edges) for step in steps),
        length_effect=of_length,
        scale_effect=of_scale,
        words=(_length_words(of_length), _scale_words(of_scale)),
    )


def _length_words(effect: float | None) -> str:
    if effect is None:
        return "Length: answers are too alike in length to tell (or none are wrong)."
    if abs(effect - 1) <= _SMALL:
        return (
            "Length: none. A token of the longest wrong answers is pushed down as hard as one of "
            "the shortest, as far as their advantages are equal."
        )
    if effect < 1:
        return (
            f"Length: a token of the longest wrong answers is pushed down {effect:.2f} times as "
            "hard as one of the shortest, beyond what their advantages say: long wrong answers "
            "are cheap. Watch length/wrong_mean; aggregation `constant` (Dr. GRPO) or "
            "`token_mean` takes the bias away."
        )
    return (
        f"Length: a token of the longest wrong answers is pushed down {effect:.2f} times as hard "
        "as one of the shortest, beyond what their advantages say."
    )


def _scale_words(effect: float | None) -> str:
    if effect is None:
        return "Scaling: there are not groups of both middling and extreme pass rates to tell."
    if abs(effect - 1) <= _SMALL:
        return "Scaling: none. Easy, hard and middling questions weigh what their rewards say."
    return (
        f"Scaling: questions that are nearly always or nearly never solved weigh {effect:.2f} "
        "times as much, against middling ones, as without division by the group's deviation; "
        "scaling `none` (Dr. GRPO) takes the bias away."
    )


def text_of(found: Bias) -> str:
    """Two tables and the conclusion, for a terminal."""
    return "\n".join(
        [
            f"{found.run}: objective {found.preset}, {found.num_rollouts} rollouts of "
            f"{found.num_steps} steps in groups with different rewards",
            "",
            *_length_table(found),
            "",
            *_difficulty_table(found),
            "",
            *found.words,
        ]
    )


def _length_table(found: Bias) -> Iterator[str]:
    yield "push a token, over that of a mean token of the same objective"
    yield _row("outcome", "tokens", "rollouts", [*SHOWN, "share of push"])
    for cell in found.lengths:
        numbers = [f"{cell.a_token[name]:.2f}" for name in SHOWN]
        share = f"{cell.share[SHOWN[0]]:.1%}"
        yield _row(cell.outcome, cell.lengths, str(cell.rollouts), [*numbers, share])


def _difficulty_table(found: Bias) -> Iterator[str]:
    yield "push a group by its pass rate, over that of a mean group of the same objective"
    yield _row("pass rate", "", "groups", list(SHOWN))
    for cell in found.difficulty:
        numbers = [f"{cell.a_group[name]:.2f}" for name in SHOWN]
        yield _row(cell.pass_rate, "", str(cell.groups), numbers)


def _row(first: str, second: str, third: str, others: list[str]) -> str:
    return f"  {first:<14}{second:<12}{third:>9}" + "".join(f"{text:>14}" for text in others)


def write_page(found: Bias, path: Path) -> Path:
    """The page with charts; put into the run's chain where it stands in the run's folder."""
    write_charts_page(
        path,
        title=f"{Path(found.run).name}: length and difficulty",
        words=found.words,
        text=text_of(found),
        panels=[panel for panel in _panels(found) if panel is not None],
    )
    if path.resolve().parent == Path(found.run).resolve():
        RunFolder.open(Path(found.run)).note(path)
    return path


def _panels(found: Bias) -> Iterator[Panel | None]:
    yield _panel(
        "Push a token, by length of wrong answers",
        "short to long ranges; 1 is a mean token of the same objective",
        [
            Line(
                name,
                _COLOURS[name],
                [
                    (index, cell.a_token[name])
                    for index, cell in enumerate(c for c in found.lengths if c.outcome == "wrong")
                    if cell.rollouts
                ],
            )
            for name in SHOWN
        ],
    )
    yield _panel(
        "Push a group, by its pass rate",
        "in percent solved; 1 is a mean group of the same objective",
        [
            Line(
                name,
                _COLOURS[name],
                [(100 * cell.middle, cell.a_group[name]) for cell in found.difficulty],
            )
            for name in SHOWN
        ],
    )
    yield _panel(
        "Push on the longest wrong answers",
        "share of a step's whole push",
        [
            Line(name, _COLOURS[name], [(s.step, s.long_wrong[name]) for s in found.steps])
            for name in SHOWN
        ],
        is_share=True,
    )
    yield _panel(
        "Length of right and wrong answers",
        "mean tokens in groups with different rewards",
        [
            Line(label, colour, [(s.step, value) for s in found.steps if (value := of(s))])
            for label, colour, of in (
                ("right", "c-right", lambda step: step.right_length),
                ("wrong", "c-wrong", lambda step: step.wrong_length),
            )
        ],
    )


def _panel(title: str, hint: str, lines: list[Line], *, is_share: bool = False) -> Panel | None:
    if is_share:
        chart = line_chart(lines, title=title, text=share_text)
    else:
        chart = line_chart(lines, title=title)
    return None if chart is None else Panel(title, hint, chart)
