"""Rows between stages: JSONL files by task, which a task of a recipe opens like any other file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from verigrad.core.errors import DataError
from verigrad.core.recipe import PromptSection, Recipe, Source, TaskSection
from verigrad.core.stages import FuseStage
from verigrad.core.types import Message, Problem
from verigrad.pipelines.stages.output import Work
from verigrad.records.atomic import new_folder, write_text

PAIRS = "pairs.jsonl"
_HELD_OUT = ".held_out.jsonl"
_OWN = ("prompt", "answer", "solution")


def row_of(problem: Problem, solution: str | None) -> dict[str, Any]:
    """A problem and an answer to it as a row; what a verifier needs beside it are columns."""
    if taken := sorted(set(problem.info) & set(_OWN)):
        raise DataError(
            f"a problem's info has the names of other columns: {taken}",
            where=f"task {problem.task}, problem {problem.id}",
            remedy="rename these fields in the source",
        )
    prompt = [message.to_json() for message in problem.prompt]
    return {
        "prompt": prompt,
        "answer": problem.answer,
        "solution": solution or "",
        **problem.info,
    }


def write_rows(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """One JSON object a line, whole or not at all."""
    write_text(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def read_rows(path: Path) -> list[dict[str, Any]]:
    """What `write_rows` wrote; nothing where there is no file."""
    if not path.is_file():
        return []
    return [json.loads(line) for line in path.read_text("utf-8").split("\n") if line]


def train_path(folder: Path, task: str) -> Path:
    """Where a task's rows lie."""
    return folder / f"{task}.jsonl"


def held_out_path(folder: Path, task: str) -> Path:
    """Where its held-out problems lie."""
    return folder / f"{task}{_HELD_OUT}"


def messages_of(row: Mapping[str, Any]) -> tuple[Message, ...]:
    """The prompt of a row."""
    return tuple(Message(m["role"], m["content"]) for m in row["prompt"])


def tasks_on(folder: Path, recipe: Recipe) -> list[TaskSection]:
    """The recipe's tasks that have rows in `folder`, on these rows; held out is what it was."""
    found = []
    for task in recipe.task:
        rows = read_rows(train_path(folder, task.name))
        if not rows:
            continue
        source = Source(
            path=str(train_path(folder, task.name)),
            held_out_path=str(held_out_path(folder, task.name)),
            prompt="prompt",
            answer="answer",
            solution="solution",
            info=tuple(name for name in rows[0] if name not in _OWN),
        )
        changed = {
            "source": source,
            "prompt": PromptSection(),  # these prompts are dressed already
            "allow": tuple({*task.allow, "duplicate"}),  # several answers to one problem
            "environment": None,
        }
        found.append(task.model_copy(update=changed))
    if not found:
        raise DataError(
            "no row is left to learn from",
            where=str(folder),
            cause="the reject stage kept nothing of these tasks",
            remedy="sample more, loosen its filters, or begin with a better model",
        )
    return found


def merged_data(work: Work) -> Path:
    """The rows of all data parents in one folder; a `fuse` stage has each of them in both modes."""
    folders, stage = work.data(), work.stage
    if len(folders) == 1 and not isinstance(stage, FuseStage):
        return folders[0]
    target = work.folder.with_name(f"{work.folder.name}.data")
    if target.exists():
        return target
    names = sorted({path.name for folder in folders for path in folder.glob("*.jsonl")} - {PAIRS})
    with new_folder(target) as folder:
        for name in names:
            rows = [row for each in folders for row in read_rows(each / name)]
            if name.endswith(_HELD_OUT):
                rows = list({json.dumps(row, sort_keys=True): row for row in rows}.values())
            if isinstance(stage, FuseStage):
                rows = [one for row in rows for one in in_both_modes(row, stage)]
            write_rows(folder / name, rows)
    return target


def in_both_modes(row: Mapping[str, Any], stage: FuseStage) -> list[dict[str, Any]]:
    """A row with its thinking, and the same without; the prompt says which (Qwen3's switches)."""
    thinking, answer = _split(row["solution"], stage)
    modes = ((" /think", thinking), (" /no_think", ""))
    return [
        {
            **row,
            "prompt": _switched(row["prompt"], switch),
            "solution": f"{stage.opens}{thought}{stage.closes}{answer}",
        }
        for switch, thought in modes
    ]


def _split(solution: str, stage: FuseStage) -> tuple[str, str]:
    """Thinking and answer of a solution, with marks or without."""
    if stage.closes in solution:
        thinking, _, answer = solution.partition(stage.closes)
        return thinking.removeprefix(stage.opens), answer
    at = max(0, solution.rfind(stage.splits_at))
    return solution[:at], solution[at:]


def _switched(prompt: list[dict[str, str]], switch: str) -> list[dict[str, str]]:
    last = max(index for index, message in enumerate(prompt) if message["role"] == "user")
    said = {**prompt[last], "content": prompt[last]["content"] + switch}
    return [*prompt[:last], said, *prompt[last + 1 :]]
