"""The verifier of reasoning-gym's problems."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

from verigrad.core.tagged import from_tagged
from verigrad.core.types import Problem
from verigrad.core.verdict import Extracted, Reason, Verdict
from verigrad.sandbox.workers import WorkerError, WorkerLimits, Workers, WorkerTimeoutError
from verigrad.verifiers.base import Policy, correct, failed, rejected
from verigrad.verifiers.extract import Extraction, ExtractPolicy
from verigrad.verifiers.final_answer import FinalAnswerVerifier, UnreadableError, unwrap
from verigrad.verifiers.puzzles import base as puzzles
from verigrad.verifiers.puzzles.base import MAX_ANSWER_CHARS, TEMPLATES, find_answer
from verigrad.verifiers.reasoning_gym import routes

_WORKERS = Workers(
    "verigrad.verifiers.reasoning_gym.child",
    WorkerLimits(cpu_s=10, wall_s=120.0, memory_bytes=4 << 30),
    most=2,
)


@dataclass(frozen=True)
class _Entry:
    dataset: str
    scorer: str
    config: Mapping[str, Any]
    metadata: Any  # tagged
    oracle: str


class ReasoningGym(FinalAnswerVerifier):
    """Judges by reasoning-gym's scorer where it was found sound, else by ours.

    Their scorer counts as a yes only at a full 1.0: what it pays for trying is not a score here.
    Which checker judges which dataset, and why, is docs/reference/reasoning-gym.md.
    """

    name: ClassVar[str] = "reasoning_gym"
    version: ClassVar[str] = "1"
    policy_type: ClassVar[type[Policy]] = ExtractPolicy
    proves: ClassVar[str] = "the dataset's probed scorer gives 1.0, or our checker accepts"
    cannot: ClassVar[str] = "be better than the dataset's oracle, or judge an unprobed dataset"
    assurance: ClassVar[str] = "exact where ours, else the probed scorer's word"
    cost: ClassVar[str] = "under 1 ms where ours, else some ms in a worker"

    def find(self, response: str) -> Extraction:
        """As for puzzles: box, tag, fenced block, answer line."""
        return find_answer(response, self.policy)

    @classmethod
    def sources(cls) -> list[Path]:
        """The family's folder with its table, and what it builds on."""
        own = Path(puzzles.__file__).parent.glob("*.py")
        return sorted({*super().sources(), routes.DECISIONS, *own})

    def reference_response(self, problem: Problem) -> str | None:
        """The oracle's answer in the place where the policy looks; None without one."""
        template = TEMPLATES.get(self.policy.answer_in)
        if template is None or not problem.answer:
            return None
        return template.replace("%t", self.policy.tag).replace("%s", str(problem.answer))

    def read_reference(self, problem: Problem) -> _Entry:
        """The entry, and who judges it."""
        info = problem.info
        dataset = info.get("dataset")
        if not isinstance(dataset, str) or not isinstance(info.get("config"), Mapping):
            raise UnreadableError(Reason.BAD_REFERENCE, "info lacks `dataset` and `config`")
        if "metadata" not in info or not isinstance(problem.answer, str):
            raise UnreadableError(Reason.BAD_REFERENCE, "info lacks `metadata`, or no answer")
        scorer = routes.scorer_of(dataset)
        if scorer is None:
            raise UnreadableError(Reason.BAD_REFERENCE, f"no scorer was probed for {dataset}")
        return _Entry(dataset, scorer, info["config"], info["metadata"], problem.answer)

    def read(self, text: str, problem: Problem) -> str:  # noqa: ARG002 (the contract's signature)
        """The text, without typesetting around it."""
        if len(text) > MAX_ANSWER_CHARS:
            raise UnreadableError(Reason.OVER_LIMIT, f"over {MAX_ANSWER_CHARS} characters")
        if not (plain := unwrap(text)):
            raise UnreadableError(Reason.NO_ANSWER, "the answer is empty")
        return plain

    def compare(self, reference: _Entry, answer: str, *, extracted: Extracted) -> Verdict:
        """Their score, or our checker's verdict."""
        if reference.scorer == routes.THEIRS:
            return self._theirs(reference, answer, extracted)
        if why := routes.unevaluated(reference.scorer, answer, reference.oracle):
            return rejected(Reason.MALFORMED, extracted=extracted, evidence={"why": why})
        metadata = from_tagged(reference.metadata)
        checker, problem = routes.OURS[reference.scorer](reference.oracle, metadata)
        verdict = checker.verify(problem, answer)
        return replace(verdict, extracted=extracted, method=f"ours: {reference.scorer}")

    def _theirs(self, reference: _Entry, answer: str, extracted: Extracted) -> Verdict:
        request = {
            "dataset": reference.dataset,
            "config": reference.config,
            "metadata": reference.metadata,
            "oracle": reference.oracle,
            "answer": answer,
        }
        facts: dict[str, Any] = {
            "extracted": extracted,
            "canonical_response": answer[:500],
            "canonical_reference": reference.oracle[:500],
            "method": f"reasoning-gym {routes.decisions()['version']}",
        }
        try:
            score = _WORKERS.call(request)
        except WorkerTimeoutError as error:
            return rejected(Reason.TIMEOUT, evidence={"why": str(error)}, **facts)
        except WorkerError as error:
            return failed(f"the scorer did not run: {error}; is verigrad[gym] installed?", **facts)
        evidence = {"their_score": score}
        if score is not None and score >= 1.0:
            return correct(evidence=evidence, **facts)
        return rejected(Reason.WRONG, evidence=evidence, **facts)
