"""`run`: every stage after its parents; what did not change is not run again."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from verigrad.core.config import Bound
from verigrad.core.digests import digest_json
from verigrad.core.registry import Registry
from verigrad.core.stages import PipelineRecipe, StageSection
from verigrad.pipelines.progress import Listener, Silent
from verigrad.pipelines.stages.measure import GateFound, check_gates
from verigrad.pipelines.stages.output import RECORD, Output, Work
from verigrad.pipelines.stages.plan import read_state, stage_key, write_state
from verigrad.records.atomic import write_json
from verigrad.records.run import RunFolder
from verigrad.reports.pipeline_page import write_pipeline_page

KINDS: Registry = Registry(
    "stage",
    {
        "sft": "verigrad.pipelines.stages.training:sft",
        "fuse": "verigrad.pipelines.stages.training:sft",
        "rl": "verigrad.pipelines.stages.training:rl",
        "distill": "verigrad.pipelines.stages.training:distill",
        "reject": "verigrad.pipelines.stages.reject:reject",
        "dpo": "verigrad.pipelines.stages.pairs:dpo",
        "reward_model": "verigrad.pipelines.stages.pairs:reward_model",
        "process_reward_model": "verigrad.pipelines.stages.process:process_reward_model",
        "profile": "verigrad.pipelines.stages.profile:profile_stage",
        "audit": "verigrad.pipelines.stages.audit:audit_stage",
        "merge": "verigrad.pipelines.stages.merge:merge",
        "evaluate": "verigrad.pipelines.stages.measure:evaluation_stage",
    },
)
_SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class PipelineResult:
    """Every stage's record by name, and the names of those that ran this time."""

    path: Path
    stages: dict[str, dict[str, Any]]
    ran: tuple[str, ...]


def run_pipeline(
    bound: Bound,
    out: Path,
    *,
    listener: Listener | None = None,
    accept_risk: str | None = None,
) -> PipelineResult:
    """Run or go on with a pipeline in `out`; killed at any moment, the next call ends the same.

    HaltedError (exit 6) where a gate is not kept. The folder of a stage whose inputs changed is
    moved to `superseded/`; nothing is deleted.
    """
    runner = _Runner(bound.recipe, bound.text, out, listener or Silent(), accept_risk)
    try:
        for stage in runner.pipeline.stage:
            runner.run(stage)
    finally:
        if runner.state:
            write_pipeline_page(out, name=runner.pipeline.name, ran=runner.ran)
    return PipelineResult(out, runner.state, tuple(runner.ran))


class _Runner:
    """One pipeline being run."""

    def __init__(
        self,
        pipeline: PipelineRecipe,
        text: str,
        out: Path,
        listener: Listener,
        accept_risk: str | None,
    ) -> None:
        self.pipeline, self.text, self.out = pipeline, text, out
        self.listener, self.accept_risk = listener, accept_risk
        known = read_state(out)
        names = [stage.name for stage in pipeline.stage]
        self.state = {name: known[name] for name in names if name in known}
        self.outputs: dict[str, Output] = {}
        self.ran: list[str] = []

    def run(self, stage: StageSection) -> None:
        """One stage: taken as it is, gone on with, or begun."""
        digests = {name: self.state[name]["digest"] for name in stage.parents}
        key = stage_key(self.pipeline, stage, digests)
        gates = digest_json([[g.model_dump() for g in one] for one in (stage.entry, stage.exit)])
        work = self._work(stage)
        known = self.state.get(stage.name)
        if known and known["key"] == key and known["state"] == "done" and self._holds(known):
            self.outputs[stage.name] = Output.from_json(known["output"], self.out)
            if known["gates_digest"] != gates:
                with self._told(stage.name):
                    self._gated(work, known, gates)
            return
        if known is None or known["key"] != key or known["state"] == "done":
            self._make_room(work.folder)
            known = {"key": key, "state": "begun"}
        known = {name: value for name, value in known.items() if name != "failure"}
        self._write(stage.name, {**known, "kind": stage.kind, "parents": digests})  # pyright: ignore[reportAttributeAccessIssue] (every tagged section has one)
        self.listener.note(f"stage {stage.name}")
        self.ran.append(stage.name)
        with self._told(stage.name):
            output, found = self._made(work)
        self.outputs[stage.name] = output
        record = {
            "key": key,
            "state": "done",
            "kind": stage.kind,  # pyright: ignore[reportAttributeAccessIssue]
            "parents": digests,
            "digest": output.digest(),
            "output": output.to_json(self.out),
            "gates": [one.to_json() for one in found],
            "gates_digest": gates,
        }
        self._record(work.folder, record)
        self._write(stage.name, record)

    def _made(self, work: Work) -> tuple[Output, list[GateFound]]:
        """The output, with what its gates measured.

        It is written down before the exit gates are asked: who changes a gate that halted goes on
        from there.
        """
        stage, known = work.stage, self.state[work.stage.name]
        found = check_gates(work, stage.entry, place="entry")
        if "output" in known and self._holds(known):
            output = Output.from_json(known["output"], self.out)
        else:
            make: Callable[[Work], Output] = KINDS.load(known["kind"])
            self._clear_unfinished(work.folder)
            output = make(work)
            left = {"output": output.to_json(self.out), "digest": output.digest()}
            self._write(stage.name, {**known, **left})
        return output, [*found, *check_gates(work, stage.exit, place="exit", output=output)]

    @contextmanager
    def _told(self, name: str) -> Iterator[None]:
        """What stops a stage is in its entry until it goes on."""
        try:
            yield
        except Exception as error:
            failure = (
                f"{getattr(error, 'what', repr(error))}\n{getattr(error, 'cause', '')}".strip()
            )
            self._write(name, {**self.state[name], "failure": failure})
            raise

    def _work(self, stage: StageSection) -> Work:
        return Work(
            pipeline=self.pipeline,
            text=self.text,
            stage=stage,
            folder=self.out / stage.name,
            parents=self.outputs,
            listener=self.listener,
            accept_risk=self.accept_risk,
        )

    def _clear_unfinished(self, folder: Path) -> None:
        """What a killed stage left is made again, and comes out the same; a run is resumed."""
        if folder.exists() and not (folder / "resolved.json").is_file():
            shutil.rmtree(folder)

    def _holds(self, known: dict[str, Any]) -> bool:
        """True where the output still is what the record says."""
        output = Output.from_json(known["output"], self.out)
        is_there = all(path.exists() for path in output.places.values())
        return is_there and output.digest() == known["digest"]

    def _gated(self, work: Work, known: dict[str, Any], gates: str) -> None:
        """Gates changed, the output did not: only they are checked again."""
        output = self.outputs[work.stage.name]
        found = check_gates(work, work.stage.entry, place="entry")
        found += check_gates(work, work.stage.exit, place="exit", output=output)
        changed = {"gates": [one.to_json() for one in found], "gates_digest": gates}
        kept = {name: value for name, value in known.items() if name != "failure"}
        self._write(work.stage.name, {**kept, **changed})

    def _make_room(self, folder: Path) -> None:
        """Move what an earlier recipe made out of the way."""
        for path in (folder, folder.with_name(f"{folder.name}.data")):
            if not path.exists():
                continue
            old = self.out / _SUPERSEDED
            old.mkdir(exist_ok=True)
            number = len(list(old.glob(f"{path.name}-*")))
            path.rename(old / f"{path.name}-{number}")

    def _record(self, folder: Path, record: dict[str, Any]) -> None:
        """The stage's line of descent, inside its own folder (and its hash chain)."""
        folder.mkdir(exist_ok=True)
        write_json(folder / RECORD, record)
        if (folder / "resolved.json").is_file():
            RunFolder.open(folder).note(folder / RECORD)

    def _write(self, name: str, entry: dict[str, Any]) -> None:
        self.out.mkdir(parents=True, exist_ok=True)
        self.state[name] = entry
        order = [stage.name for stage in self.pipeline.stage]
        write_state(self.out, self.pipeline.name, self.state, order=order)
