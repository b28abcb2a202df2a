"""Which column holds what: the names people use, found in this order, or named outright."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from verigrad.core.errors import DataError
from verigrad.core.registry import nearest
from verigrad.tasks.fields import Row, field_names, get_field, has_field
from verigrad.tasks.references import ReferenceForm, detect_form

PROMPT_NAMES = (
    "prompt",
    "question",
    "problem",
    "messages",
    "conversations",
    "instruction",
    "query",
    "input",
)
ANSWER_NAMES = (
    "reward_model.ground_truth",  # verl
    "final_answer",
    "expected_answer",
    "answer",
    "ground_truth",
    "target",
    "label",
    "gold",
    "solution",
)
SOLUTION_NAMES = ("worked_solution", "solution", "rationale")
_NUM_LOOKED_AT = 100  # rows that decide the form of the references


@dataclass(frozen=True, slots=True)
class Columns:
    """The chosen columns, and the form of the references in `answer`."""

    prompt: str
    answer: str
    solution: str | None
    form: ReferenceForm

    def describe(self) -> str:
        """One line for people.

        >>> Columns("question", "answer", None, ReferenceForm.HASH).describe()
        'prompt from "question", answer from "answer" (behind ####), no worked solutions'
        """
        where = {"plain": "", "hash": " (behind ####)", "boxed": " (in the last \\boxed{})"}
        worked = f'worked solutions from "{self.solution}"'
        return (
            f'prompt from "{self.prompt}", answer from "{self.answer}"{where[self.form]}, '
            f"{worked if self.solution else 'no worked solutions'}"
        )


def choose_columns(
    rows: Sequence[Row],
    *,
    prompt: str | None = None,
    answer: str | None = None,
    solution: str | None = None,
    form: ReferenceForm | None = None,
    where: str = "",
) -> Columns:
    """Named columns as they are, the others by the names people use, seen in the first row.

    DataError names the columns there are, and the nearest.
    """
    first = rows[0]
    prompt = choose_column(first, prompt, PROMPT_NAMES, role="prompt", where=where)
    answer = choose_column(first, answer, ANSWER_NAMES, role="answer", where=where)
    if form is None:
        sample = (
            get_field(r, answer) for r in islice(rows, _NUM_LOOKED_AT) if has_field(r, answer)
        )
        form = detect_form(sample)
    if solution is not None:
        choose_column(first, solution, (), role="solution", where=where)
    elif form is not ReferenceForm.PLAIN:
        solution = answer
    else:
        others = (name for name in SOLUTION_NAMES if name not in (prompt, answer))
        solution = next((name for name in others if has_field(first, name)), None)
    return Columns(prompt, answer, solution, form)


def choose_column(
    row: Row, named: str | None, usual: tuple[str, ...], *, role: str, where: str
) -> str:
    """The named column, or the first usual one that `row` has; DataError names what there is."""
    found = [name for name in ((named,) if named else usual) if has_field(row, name)]
    if found:
        return found[0]
    names = field_names(row)
    tried = f'"{named}"' if named else f"any of {', '.join(usual)}"
    raise DataError(
        f"no {role} column: there is not {tried}",
        where=where,
        cause="another name in this file",
        remedy=f"{nearest(named or role, names)}columns here: {', '.join(names)}; "
        f'say which with {role} = "..."',
    )
