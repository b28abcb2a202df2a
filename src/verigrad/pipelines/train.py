"""`train`: one recipe from its first problem to its report, resumable at any moment.

Stages: `warm_up` (supervised; a checkpoint every `checkpoint_every` steps and at its end), an
evaluation called `before`, `rl`, an evaluation called `after`. Everything that happens is in the
run folder; a run killed at any moment and resumed ends with the same bytes.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from verigrad.audit.watching.alarm import Alarm
from verigrad.core.config import Bound
from verigrad.core.errors import HaltedError
from verigrad.core.types import Problem
from verigrad.curriculum.curriculum import Curriculum
from verigrad.evaluation.evaluate import evaluate
from verigrad.pipelines.card import model_card
from verigrad.pipelines.curriculum import make_curriculum
from verigrad.pipelines.learner import make_learner
from verigrad.pipelines.prepare import Prepared, environment_facts, prepare
from verigrad.pipelines.progress import Listener, Silent
from verigrad.pipelines.recording import run_facts
from verigrad.pipelines.resuming import resumed
from verigrad.pipelines.trust import cleared, decision, keep_reason
from verigrad.pipelines.watching import Watching, require_not_stopped
from verigrad.records.environment import gather_environment
from verigrad.records.evaluation import Evaluation
from verigrad.records.metrics import read_metrics
from verigrad.records.record import Ending, RunRecord
from verigrad.records.rollouts import RolloutRecord
from verigrad.records.run import RunFolder, latest_checkpoint
from verigrad.reports.model_card import write_model_card
from verigrad.reports.report import write_report
from verigrad.rollouts.bind import require_trainable
from verigrad.rollouts.engines.base import Engine
from verigrad.training.checkpoints import load_checkpoint, load_start, save_checkpoint
from verigrad.training.learner import Learner
from verigrad.training.loop import RlLoop, Stopwatch
from verigrad.training.policy import frozen
from verigrad.training.supervised import SupervisedLoop

WARM_UP, RL = "warm_up", "rl"
SUPPLY = "supply"  # in a checkpoint: rollouts that are not trained on yet


@dataclass(frozen=True, slots=True)
class RunResult:
    """Where the run lies and how it went."""

    path: Path
    before: Evaluation
    after: Evaluation
    train_seconds: float


def train(
    bound: Bound,
    out: Path,
    *,
    resume: bool = False,
    listener: Listener | None = None,
    control_run: Path | None = None,
    accept_risk: str | None = None,
) -> RunResult:
    """Run a recipe into the folder `out`; `resume` goes on with the run that is there.

    HaltedError where a verifier has no card that holds, unless `accept_risk` says why to go on.

    A resumed run keeps the recipe it resolved to when it began, overrides included; `bound` may
    only add steps (ConfigError otherwise).
    """
    run = continued = None
    reason = ""
    if resume:
        run = RunFolder.open(out)
        continued = resumed(run, bound)
        trust = continued.bound.recipe.trust
        reason = require_not_stopped(run.alarms(), trust, accept_risk=accept_risk)
        accept_risk = accept_risk or decision(run).get("accepted_risk")
    else:
        RunFolder.require_free(out)
    prepared = prepare(bound if continued is None else continued.bound)
    curriculum = make_curriculum(prepared)
    clearance = cleared(prepared.tasks, prepared.recipe.trust, accept_risk=accept_risk)
    if run is None:
        run = RunFolder.create(
            out,
            bound.text,
            resolved=prepared.recipe.model_dump(mode="json"),
            environment=gather_environment(**environment_facts(prepared)),
        )
    with run.locked():
        if continued is not None:
            continued.record(run)
        clearance.write(run)
        keep_reason(run, reason)
        return _Training(run, prepared, curriculum, listener or Silent(), control_run).run()


class _Training:
    """One run being made."""

    def __init__(
        self,
        run: RunFolder,
        prepared: Prepared,
        curriculum: Curriculum | None,
        listener: Listener,
        control_run: Path | None,
    ) -> None:
        self.folder = run
        self.prepared, self.curriculum = prepared, curriculum
        self.listener = listener
        self.control_run = control_run
        self.recipe = prepared.recipe
        self.engine: Engine = prepared.make_engine()
        require_trainable(self.engine, prepared.engine.kind)
        self.watching = Watching(prepared.tasks, self.recipe.trust, seed=self.recipe.seed)
        self.watch = Stopwatch()
        self.closing = ExitStack()

    def run(self) -> RunResult:
        """Every stage, from where the folder stands."""
        steps_done = 0
        try:
            with self.watch("train"):
                warm_up_steps = self._warm_up()
                before = self._evaluate("before", step=0)
                learner = make_learner(self.prepared, is_rl=True)
                steps_done = self._start_rl(learner)
                for number in range(steps_done + 1, self.recipe.training.steps + 1):
                    self._rl_step(learner, number)
                    steps_done = number
                self.loop.catch_up()
                after = self._evaluate("after", step=self.recipe.training.steps)
        except HaltedError as error:
            self._end("halted", steps_done, because=error.what)
            raise
        except KeyboardInterrupt:
            self._end("interrupted", steps_done)
            raise
        finally:
            self.closing.close()
        self._end("finished", steps_done, warm_up_steps=warm_up_steps)
        return RunResult(self.folder.path, before, after, self.watch.seconds["train"])

    # warm-up ----------------------------------------------------------------------------------

    def _warm_up(self) -> int:
        """Supervised steps until the section's end; returns how many were taken in all."""
        section = self.recipe.warm_up
        if not section.steps:
            return 0
        learner = make_learner(self.prepared, is_rl=False)
        found = latest_checkpoint(self.folder, stage=WARM_UP)
        done = found.step if found else 0
        if found:
            load_checkpoint(found.path, learner)
        if latest_checkpoint(self.folder) is not None or self._warm_up_is_over(found and done):
            self.engine.load(learner.weights())
            return done
        self.folder.rewind(done, stage=WARM_UP)
        loop = SupervisedLoop(
            self.prepared.tasks,
            self.prepared.renderer,
            learner,
            section,
            self.recipe.training.max_gradient_norm,
            self.recipe.seed,
            self.prepared.playing,
        )
        self.listener.stage(WARM_UP, section.steps)
        writer = self.folder.metrics_writer(stage=WARM_UP)
        writer.event("resumed" if done else "started", at=_now())
        number = done
        while number < section.steps:
            number += 1
            metrics = loop.step(number)
            is_over = number == section.steps
            if section.until_accuracy is not None and number % section.probe_every == 0:
                metrics["probe/accuracy"] = self._probe(learner, number)
                is_over = is_over or metrics["probe/accuracy"] >= section.until_accuracy
            writer.write(number, metrics)
            self.listener.step(WARM_UP, number, metrics)
            if is_over or self._is_due(number):
                self._save(learner, WARM_UP, number)
            if is_over:
                break
        self.engine.load(learner.weights())
        return number

    def _warm_up_is_over(self, done: int | None) -> bool:
        """True where the checkpoint is that of the warm-up's last step."""
        if not done:
            return False
        if done == self.recipe.warm_up.steps:
            return True
        target = self.recipe.warm_up.until_accuracy
        lines = read_metrics(self.folder.path, stage=WARM_UP)
        last = next((line for line in lines if line["step"] == done), {})
        return target is not None and last.get("probe/accuracy", 0.0) >= target

    def _probe(self, learner: Learner, number: int) -> float:
        """Greedy accuracy on training problems of their own."""
        self.engine.load(learner.weights())
        section = self.recipe.warm_up
        per_task = max(1, section.probe_problems // len(self.prepared.tasks))
        problems = [
            problem
            for task in self.prepared.tasks.values()
            for problem in task.source.train(per_task, step=number, seed=self.recipe.seed + 1)
        ]
        return evaluate(
            self.prepared.tasks,
            problems,
            engine=self.engine,
            renderer=self.prepared.renderer,
            max_output_tokens=self._evaluation_tokens(),
            name="probe",
            step=number,
            split="train",
            playing=self.prepared.playing,
        ).evaluation.accuracy

    # RL ---------------------------------------------------------------------------------------

    def _start_rl(self, learner: Learner) -> int:
        """Load the last checkpoint (or make the one of step 0); returns the steps it holds."""
        found = latest_checkpoint(self.folder)
        if found is None:
            self.folder.rewind(0)
            self._save(learner, RL, 0)
        else:
            first = self.folder.checkpoints()[0]
            load_start(first.path, learner)
        if self.prepared.objective.needs_reference:
            learner.reference = frozen(learner.policy)
        done = found.step if found else 0
        if found and done:
            load_checkpoint(found.path, learner)
        self.folder.rewind(done)
        self.engine.load(learner.weights())
        self.listener.stage(RL, self.recipe.training.steps)
        self.writer = self.folder.metrics_writer()
        self.writer.event("resumed" if found else "started", at=_now())
        self.loop = RlLoop(
            self.prepared.tasks,
            self.engine,
            self.prepared.renderer,
            learner,
            self.prepared.objective,
            self.recipe.rollouts,
            self.recipe.training,
            self.recipe.seed,
            self.prepared.playing,
            self.curriculum,
        )
        self.watching.recall(read_metrics(self.folder.path))
        self.closing.callback(self.loop.ahead.close)
        if found:
            self.loop.ahead.restore(found.path / SUPPLY)
        return done

    def _rl_step(self, learner: Learner, number: int) -> None:
        watch = Stopwatch()
        outcome = self.loop.step(number)
        metrics = dict(outcome.metrics)
        training = self.recipe.training
        with watch("time/watch_s"):
            seen, alarms = self.watching.see(
                number, outcome.records, metrics, answer=lambda p: self._answered(p, number)
            )
            metrics |= seen
        if number % training.record_every == 0:
            with watch("time/record_s"):
                self.folder.write_rollouts(number, outcome.records)
        if training.evaluate_every and number % training.evaluate_every == 0:
            with watch("time/evaluate_s"):
                self.loop.catch_up()
                evaluation = self._evaluate(f"step_{number:06d}", step=number)
            metrics["held_out/accuracy"] = evaluation.accuracy
        halts = self.watching.halts(alarms)  # whoever goes on starts behind this step
        if number == training.steps or self._is_due(number) or halts:
            with watch("time/checkpoint_s"):
                self._save(learner, RL, number)
        self.writer.write(number, metrics | watch.seconds)
        self.listener.step(RL, number, metrics | watch.seconds)
        self._raise(alarms)

    def _answered(self, problems: Sequence[Problem], number: int) -> Sequence[RolloutRecord]:
        """The policy's own responses to canary problems, judged; nothing is kept but the count."""
        return evaluate(
            self.prepared.tasks,
            problems,
            engine=self.engine,
            renderer=self.prepared.renderer,
            max_output_tokens=self.recipe.rollouts.max_output_tokens,
            name="canaries",
            step=number,
            playing=self.prepared.playing,
        ).records

    def _raise(self, alarms: Sequence[Alarm]) -> None:
        """Into the run folder and to whoever listens; HaltedError where the recipe says so."""
        for alarm in alarms:
            self.folder.write_alarm(alarm.step, alarm.name, asdict(alarm))
            self.listener.note(f"alarm: {alarm}")
            if alarm.name == "canaries":
                self.folder.write_alarm_rollouts(alarm.step, alarm.name, self.watching.cheats)
        self.watching.act(alarms)

    # shared -----------------------------------------------------------------------------------

    def _is_due(self, number: int) -> bool:
        every = self.recipe.training.checkpoint_every
        return every > 0 and number % every == 0

    def _save(self, learner: Learner, stage: str, number: int) -> None:
        """Save a checkpoint; of the older ones keep the last few, and RL's step 0."""
        with self.folder.new_checkpoint(number, stage=stage) as folder:
            card = model_card(self.prepared, stage=stage, step=number)
            save_checkpoint(folder, learner, card=card, base=self._base())
            if stage == RL and number:
                self.loop.ahead.save(folder / SUPPLY)
        kept = self.recipe.training.keep_checkpoints
        older = [c for c in self.folder.checkpoints(stage=stage) if stage == WARM_UP or c.step]
        for checkpoint in older[:-kept]:
            self.folder.remove(checkpoint.path, note="an older checkpoint")

    def _base(self) -> str:
        """Where the model under the adapters lies: the hub's, or what the RL stage began with."""
        if self.recipe.model.path is not None and not self.recipe.warm_up.steps:
            return self.recipe.model.path
        return str(self.folder.path.absolute() / "checkpoints" / f"step_{0:06d}")

    def _evaluation_tokens(self) -> int:
        evaluation = self.recipe.evaluation
        return evaluation.max_output_tokens or self.recipe.rollouts.max_output_tokens

    def _evaluate(self, name: str, *, step: int) -> Evaluation:
        """Greedy, on the held-out problems; an evaluation that was recorded is not made again.

        One of another step is: a run that was given more steps ends later.
        """
        known = self.folder.evaluations().get(name)
        if known is not None and known.step == step:
            return known
        evaluated = evaluate(
            self.prepared.tasks,
            self.prepared.held_out,
            engine=self.engine,
            renderer=self.prepared.renderer,
            max_output_tokens=self._evaluation_tokens(),
            name=name,
            step=step,
            playing=self.prepared.playing,
        )
        self.folder.write_evaluation(evaluated.evaluation, evaluated.records)
        self.listener.evaluated(evaluated.evaluation)
        return evaluated.evaluation

    def _end(
        self, ending: Ending, steps: int, *, because: str = "", warm_up_steps: int = 0
    ) -> None:
        recipe = self.recipe
        control = self.control_run
        self.folder.write_record(
            RunRecord(
                name=recipe.name,
                kind="train",
                ending=ending,
                seed=recipe.seed,
                steps=steps,
                num_rollouts=recipe.rollouts.num_rollouts,
                objective=recipe.objective.preset,
                model=recipe.model.path or f"built: {recipe.model.build}",
                num_parameters=self.prepared.policy.num_parameters,
                verifiers=self.prepared.verifier_records(),
                control=recipe.training.control,
                control_run=control and os.path.relpath(control, self.folder.path),
                halted_because=because,
                accepted_risk=decision(self.folder).get("accepted_risk", ""),
                warm_up_steps=warm_up_steps,
                facts=run_facts(self.prepared, self.folder, self.curriculum),
            )
        )
        seconds = {f"{name}_s": value for name, value in self.watch.seconds.items()}
        self.folder.metrics_writer().event(ending, at=_now(), **seconds)
        write_model_card(self.folder)
        write_report(self.folder.path)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
