"""A stored run as diagnostics read it: records, objective, the policies of its checkpoints."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from verigrad.algorithms import Objective
from verigrad.core.config import validate
from verigrad.core.errors import DataError, UsageError
from verigrad.core.recipe import Recipe
from verigrad.pipelines.learner import critic_options, learner_options
from verigrad.pipelines.objective import make_objective
from verigrad.records.layout import Checkpoint
from verigrad.records.rollouts import read_rollouts
from verigrad.records.run import RunFolder
from verigrad.training.batch import PerToken, PolicyBatch
from verigrad.training.checkpoints import load_checkpoint
from verigrad.training.diagnosis.stored import Settings, StoredStep, stored_step
from verigrad.training.diagnosis.weights import behaviour_logps
from verigrad.training.diagnosis.why import Later
from verigrad.training.learner import Learner
from verigrad.training.policy import Policy, load_policy


@dataclass(frozen=True)
class StoredRun:
    """A run on disk, as diagnostics read it."""

    folder: RunFolder

    @cached_property
    def recipe(self) -> Recipe:
        """As it was resolved."""
        return validate(Recipe, self.folder.resolved, name="resolved.json")

    @cached_property
    def objective(self) -> Objective:
        """What the policy was trained on."""
        return make_objective(self.recipe)

    @property
    def settings(self) -> Settings:
        """What else of the recipe a batch depends on."""
        recipe = self.recipe
        return Settings(
            temperature=recipe.rollouts.temperature,
            max_tokens=recipe.rollouts.max_output_tokens,
            updates_per_batch=recipe.training.updates_per_batch,
            mini_batches=recipe.training.mini_batches,
            seed=recipe.seed,
        )

    def step(self, number: int) -> StoredStep:
        """The records of a step; UsageError where there are none, with the steps there are."""
        files = dict(self.folder.rollout_files())
        if number not in files:
            known = f"{min(files)} to {max(files)}" if files else "none"
            raise UsageError(
                f"no rollouts of step {number} are recorded",
                where=str(self.folder.path),
                cause="the step was not reached, or training.record_every left it out",
                remedy=f"recorded are {len(files)} steps: {known}",
            )
        return stored_step(number, read_rollouts(files[number]))

    def nearest(self, number: int) -> Checkpoint | None:
        """The checkpoint of the fewest steps away; the later of two."""
        found = self.folder.checkpoints()
        return min(found, key=lambda c: (abs(c.step - number), -c.step), default=None)

    def policy(self, checkpoint: Checkpoint) -> Policy:
        """The policy a checkpoint holds, read once."""
        if checkpoint.path not in self._policies:
            self._policies[checkpoint.path] = load_policy(checkpoint.path)
        return self._policies[checkpoint.path]

    @cached_property
    def _policies(self) -> dict[Path, Policy]:
        return {}

    def logps(self, policy: Policy, batch: PolicyBatch) -> PerToken:
        """Of the batch's tokens, as the learner computes them."""
        learner = Learner(policy, learner_options(self.recipe))
        return tuple(learner.token_logps(batch.samples, temperature=batch.temperature))


@dataclass
class Policies:
    """What the objective reads of policies at a step, from the nearest checkpoints.

    `notes` say which were used, and where one is not of the step itself.
    """

    run: StoredRun
    step: int
    notes: list[str]

    def annotate(self, batch: PolicyBatch, objective: Objective) -> PolicyBatch:
        """Old log-probabilities where they are known exactly; reference, teacher and critic."""
        before = self.run.nearest(self.step - 1)
        if before is not None and before.step == self.step - 1:
            policy = self.run.policy(before)
            batch = replace(batch, old_logps=self.run.logps(policy, batch))
            self.notes.append(f"policy before the step: checkpoint of step {before.step}")
        else:
            self.notes.append(
                "policy before the step: no checkpoint; its log-probabilities are those that the "
                "engine recorded while sampling"
            )
            if objective.needs_annotation:
                batch = replace(batch, old_logps=behaviour_logps(batch))
        if objective.needs_reference:
            first = self._first()
            self.notes.append("reference: checkpoint of step 0")
            logps = self.run.logps(self.run.policy(first), batch)
            batch = replace(batch, reference_logps=logps)
        if objective.estimator == "teacher":
            assert self.run.recipe.teacher is not None
            teacher = load_policy(self.run.recipe.teacher.path)
            batch = replace(batch, teacher_logps=self.run.logps(teacher, batch))
        if objective.needs_critic:
            batch = self._with_values(batch, objective, before)
        return batch

    def after(self, batch: PolicyBatch) -> Later | None:
        """The policy after the step, or the nearest one that was kept."""
        found = [c for c in self.run.folder.checkpoints() if c.step >= self.step]
        checkpoint = min(found, key=lambda c: c.step, default=None)
        if checkpoint is None:
            self.notes.append("policy after the step: no checkpoint of this step or a later one")
            return None
        name = f"the checkpoint of step {checkpoint.step}"
        if checkpoint.step > self.step:
            self.notes.append(
                f"policy after the step: {name}, the nearest, {checkpoint.step - self.step} "
                "steps later"
            )
        return Later(name, self.run.logps(self.run.policy(checkpoint), batch))

    def _first(self) -> Checkpoint:
        first = next((c for c in self.run.folder.checkpoints() if c.step == 0), None)
        if first is None:
            raise DataError(
                "the reference policy is not there",
                where=str(self.run.folder.path / "checkpoints"),
                cause="the checkpoint of step 0 was deleted",
                remedy="without it the KL term cannot be computed again",
            )
        return first

    def _with_values(
        self, batch: PolicyBatch, objective: Objective, before: Checkpoint | None
    ) -> PolicyBatch:
        if before is None:
            raise DataError(
                "no checkpoint holds the critic",
                where=str(self.run.folder.path / "checkpoints"),
                remedy="set training.checkpoint_every, and keep the checkpoints",
            )
        options = learner_options(self.run.recipe, critic=critic_options(self.run.recipe))
        learner = Learner(self.run.policy(before), options)
        load_checkpoint(before.path, learner)
        learner.reference = self.run.policy(self._first()) if objective.needs_reference else None
        values = learner.annotate(batch, objective).values
        if before.step != self.step - 1:
            self.notes.append(
                f"critic: checkpoint of step {before.step}, the nearest to step {self.step - 1}; "
                "advantages differ from those recorded"
            )
        return replace(batch, values=values)
