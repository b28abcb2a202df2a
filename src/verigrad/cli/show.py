"""How a run is shown: a live display on a terminal, a line a step elsewhere, JSON for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from verigrad.records.evaluation import Evaluation

_NAMES = {"warm_up": "warm-up", "rl": "RL"}


def describe_evaluation(evaluation: Evaluation) -> str:
    """`before: 41.2 % right (95 % interval 37.0-45.5 %) of 512 held-out problems`."""
    return (
        f"{evaluation.name}: {evaluation.accuracy:.1%} right "
        f"({evaluation.confidence:.0%} interval {evaluation.low:.1%} to {evaluation.high:.1%}) "
        f"of {evaluation.num_problems} {evaluation.split.replace('_', '-')} problems"
    )


def describe_step(stage: str, number: int, metrics: Mapping[str, float]) -> str:
    """The few numbers of a step that a person follows."""
    parts = [f"{_NAMES.get(stage, stage)} {number}"]
    shown = {
        "loss/supervised": "loss {:.3f}",
        "probe/accuracy": "probe {:.0%}",
        "reward/mean": "reward {:.3f}",
        "group/spread_share": "mixed groups {:.0%}",
        "entropy/mean": "entropy {:.3f}",
        "length/mean": "length {:.1f}",
        "held_out/accuracy": "held-out {:.1%}",
        "time/step_s": "{:.2f} s",
    }
    parts += [text.format(metrics[name]) for name, text in shown.items() if name in metrics]
    return "  ".join(parts)


class Lines:
    """One short line a step: for logs."""

    def stage(self, name: str, total_steps: int) -> None:
        """Name the stage."""
        typer.echo(f"-- {_NAMES.get(name, name)}: up to {total_steps} steps", err=True)

    def step(self, stage: str, number: int, metrics: Mapping[str, float]) -> None:
        """The step's line."""
        typer.echo(describe_step(stage, number, metrics), err=True)

    def evaluated(self, evaluation: Evaluation) -> None:
        """The evaluation's line."""
        typer.echo(describe_evaluation(evaluation), err=True)

    def note(self, text: str) -> None:
        """The note."""
        typer.echo(text, err=True)


class JsonLines:
    """One JSON object an event: for programs."""

    def stage(self, name: str, total_steps: int) -> None:
        """The stage."""
        self._say(event="stage", name=name, total_steps=total_steps)

    def step(self, stage: str, number: int, metrics: Mapping[str, float]) -> None:
        """The step."""
        self._say(event="step", stage=stage, step=number, metrics=dict(metrics))

    def evaluated(self, evaluation: Evaluation) -> None:
        """The evaluation."""
        self._say(event="evaluation", **evaluation.to_json())

    def note(self, text: str) -> None:
        """The note."""
        self._say(event="note", text=text)

    @staticmethod
    def _say(**fields: Any) -> None:
        print(json.dumps(fields), flush=True)  # noqa: T201 (the program's output)


class Live:
    """A progress bar a stage, with the step's numbers beside it."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.progress = Progress(
            TextColumn("[bold]{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[shown]}"),
            console=console,
            transient=False,
        )
        self.task: Any = None

    def stage(self, name: str, total_steps: int) -> None:
        """A new bar."""
        self.close()
        self.progress.start()
        self.task = self.progress.add_task(_NAMES.get(name, name), total=total_steps, shown="")

    def step(self, stage: str, number: int, metrics: Mapping[str, float]) -> None:
        """Move the bar."""
        shown = describe_step(stage, number, metrics).partition("  ")[2]
        if self.task is not None:
            self.progress.update(self.task, completed=number, shown=shown)

    def evaluated(self, evaluation: Evaluation) -> None:
        """A line above the bar."""
        self.console.print(describe_evaluation(evaluation))

    def note(self, text: str) -> None:
        """A line above the bar."""
        self.console.print(text)

    def close(self) -> None:
        """End the bar that is shown."""
        if self.task is not None:
            done = self.progress.tasks[self.task].completed
            self.progress.update(self.task, total=done)
        self.progress.stop()
        self.task = None


def make_listener(*, as_json: bool) -> Lines | JsonLines | Live:
    """The display that fits: JSON if asked for, live on a terminal, else lines."""
    if as_json:
        return JsonLines()
    if sys.stderr.isatty():
        return Live(Console(stderr=True))
    return Lines()
