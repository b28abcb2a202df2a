"""The supervised loop (cold start): worked solutions, on the same learner and the same packing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from verigrad.core.recipe import WarmUpSection
from verigrad.core.seeds import derive
from verigrad.core.types import Problem
from verigrad.judging.task import Task
from verigrad.rollouts.collect import SINGLE_TURN, Playing
from verigrad.rollouts.render import Renderer
from verigrad.training.learner import Learner
from verigrad.training.loop import Stopwatch
from verigrad.training.schedule import learning_rate
from verigrad.training.supply import share_out
from verigrad.training.worked import worked_samples


@dataclass(frozen=True)
class SupervisedLoop:
    """Trains on `Problem.solution`; the step's problems are addressed by `seed` and number."""

    tasks: Mapping[str, Task]
    renderer: Renderer
    learner: Learner
    section: WarmUpSection
    max_gradient_norm: float
    seed: int
    playing: Playing = SINGLE_TURN

    def step(self, number: int) -> dict[str, float]:
        """One step (from 1); returns its metrics."""
        watch = Stopwatch()
        with watch("time/step_s"):
            samples = worked_samples(self._draw(number), self.renderer, self.playing)
            rate = learning_rate(
                number - 1,
                peak=self.section.learning_rate,
                warm_up_steps=self.section.warm_up_steps,
                total_steps=self.section.steps,
                final_share=self.section.final_rate_share,
            )
            report = self.learner.supervised_step(samples, learning_rate=rate)
        return {
            "loss/supervised": report.statistics["loss"],
            "gradient/norm": report.gradient_norm,
            "gradient/clipped": float(report.gradient_norm > self.max_gradient_norm),
            "learning_rate/value": rate,
            "batch/tokens": report.num_tokens,
            **watch.seconds,
        }

    def _draw(self, number: int) -> list[Problem]:
        seed = derive("warm_up", seed=self.seed)
        shares = share_out(self.tasks, self.section.problems_per_step)
        return [
            problem
            for name, count in shares.items()
            if count
            for problem in self.tasks[name].source.train(count, step=number, seed=seed)
        ]
