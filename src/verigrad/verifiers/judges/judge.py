"""`judge`: a model's opinion whether the final answer is right. Not a verifier in the strict sense.

The judge sees question, reference and the extracted final answer, never the reasoning that argues
for it. Trivial candidates are refused before it is asked. Every fault of the judge (server, budget,
refusal, a reply in another form) is `failed`: masked, never a reward.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from verigrad.core.digests import digest_json
from verigrad.core.errors import ConfigError
from verigrad.core.types import Problem
from verigrad.core.verdict import Extracted, Reason, Verdict
from verigrad.verifiers.base import Policy, correct, failed, rejected
from verigrad.verifiers.final_answer import FinalAnswerVerifier, UnreadableError
from verigrad.verifiers.judges.asking import (
    Asker,
    Budget,
    BudgetError,
    Cache,
    RefusedError,
    UnreadableReplyError,
    field_of,
)
from verigrad.verifiers.judges.calibration import Calibration, Labelled, count, read_calibration
from verigrad.verifiers.judges.client import ModelClient, ModelRequest, ModelServerError
from verigrad.verifiers.judges.http_client import HttpModelClient
from verigrad.verifiers.judges.policy import JudgePolicy
from verigrad.verifiers.judges.prompt import marked
from verigrad.verifiers.judges.trivial import trivial

MAX_CANDIDATE_CHARS = 20_000
_SCHEMA = {
    "type": "object",
    "properties": {"verdict": {"type": "string", "enum": ["right", "wrong"]}},
    "required": ["verdict"],
    "additionalProperties": False,
}
_FORM = 'Reply with JSON only: {"verdict": "right"} or {"verdict": "wrong"}.'


class Judge(FinalAnswerVerifier):
    """Asks a model; all seeds and both orders must say "right"."""

    name: ClassVar[str] = "judge"
    version: ClassVar[str] = "1"
    policy_type: ClassVar[type[Policy]] = JudgePolicy
    proves: ClassVar[str] = "a calibrated model thinks, every time, that the answer is right"
    cannot: ClassVar[str] = "be trusted as the only positive signal: a policy learns to please it"
    assurance: ClassVar[str] = "opinion"
    cost: ClassVar[str] = "several model calls"
    verifiable: bool = False

    def __init__(
        self,
        policy: Policy | None = None,
        *,
        client: ModelClient | None = None,
        calibration: Calibration | None = None,
        for_calibration: bool = False,
        **switches: Any,
    ) -> None:
        """`client` replaces the server at `url`; `for_calibration` leaves the record out."""
        super().__init__(policy, **switches)
        if client is None and not self.policy.url:
            raise ConfigError("a judge needs a server", remedy="set `url`, or give `client`")
        if not for_calibration:
            record = calibration or _required(self.policy.calibration)
            record.require(
                judge=self.identity, most_false_positives=self.policy.most_false_positives
            )
        self._given_client = client

    @cached_property
    def identity(self) -> str:
        """Digest of what decides an opinion: model, rubric, seeds, order, form of the question."""
        policy = self.policy
        asked = [policy.model, policy.rubric, list(policy.seeds), policy.swap, policy.temperature]
        return digest_json([*asked, policy.effort, _FORM, self.version])[:16]

    @cached_property
    def _asker(self) -> Asker:
        policy = self.policy
        client = self._given_client or HttpModelClient(policy.url, key_variable=policy.key_variable)
        cache = Cache(Path(policy.cache) if policy.cache else None)
        return Asker(client, Budget(policy.max_calls, policy.max_tokens), cache, policy.attempts)

    def reference_response(self, problem: Problem) -> str | None:
        r"""The reference in a box."""
        return (
            f"\\boxed{{{problem.answer}}}" if self.policy.answer_in in ("auto", "boxed") else None
        )

    def read_reference(self, problem: Problem) -> tuple[str, str]:
        """Question and reference."""
        if not isinstance(problem.answer, str | int | float) or not str(problem.answer).strip():
            raise UnreadableError(Reason.BAD_REFERENCE, "the reference is no text")
        return problem.question, str(problem.answer)

    def read(self, text: str, problem: Problem) -> str:
        """The candidate, unless it says nothing."""
        if len(text) > MAX_CANDIDATE_CHARS:
            raise UnreadableError(Reason.OVER_LIMIT, f"over {MAX_CANDIDATE_CHARS} characters")
        if why := trivial(text, question=problem.question):
            raise UnreadableError(Reason.NO_ANSWER, f"not put to the judge: {why}")
        return text.strip()

    def compare(self, reference: tuple[str, str], answer: str, *, extracted: Extracted) -> Verdict:
        """The opinions, one for each seed and order."""
        question, right = reference
        orders = (False, True) if self.policy.swap else (False,)
        facts: dict[str, Any] = {"extracted": extracted, "method": f"judge {self.policy.model}"}
        evidence: dict[str, Any] = {"verifiable": False, "judge": self.identity}
        try:
            said = [
                self._opinion(question, right, answer, seed=seed, swapped=swapped)
                for seed in self.policy.seeds
                for swapped in orders
            ]
        except (ModelServerError, BudgetError, RefusedError, UnreadableReplyError) as error:
            return failed(f"{type(error).__name__}: {error}"[:300])
        evidence["opinions"] = said
        if all(opinion == "right" for opinion in said):
            return correct(certainty="opinion", evidence=evidence, **facts)
        reason = Reason.UNDECIDED if "right" in said else Reason.WRONG
        return rejected(reason, evidence=evidence, certainty="opinion", **facts)

    def _opinion(
        self, question: str, reference: str, candidate: str, *, seed: int, swapped: bool
    ) -> str:
        parts = {"reference": reference, "candidate": candidate}
        ordered = dict(reversed(parts.items())) if swapped else parts
        request = ModelRequest(
            self.policy.model,
            (
                {"role": "system", "content": f"{self.policy.rubric}\n{_FORM}"},
                {"role": "user", "content": marked({"question": question, **ordered})},
            ),
            _SCHEMA,
            {
                "seed": seed,
                "temperature": self.policy.temperature,
                "reasoning_effort": self.policy.effort,
            },
        )
        return self._asker.ask(request, read=_verdict)

    @classmethod
    def sources(cls) -> list[Path]:
        """The folder and the shared extraction."""
        return sorted({*super().sources(), *Path(__file__).parent.glob("*.py")})


def _verdict(text: str) -> str:
    said = field_of(text, "verdict")
    if said not in ("right", "wrong"):
        raise UnreadableReplyError(f"verdict {said!r:.40}")
    return said


def _required(path: str | None) -> Calibration:
    if path is None:
        raise ConfigError(
            "a judge without a calibration record is not used",
            cause="nobody knows how many wrong answers it passes",
            remedy="make one with verigrad.verifiers.judges.calibrate, then set `calibration`",
        )
    return read_calibration(Path(path))


def calibrate(
    labelled: Labelled, *, client: ModelClient | None = None, **switches: Any
) -> Calibration:
    """Judge answers that people labelled (problem, response, is right); the record to keep."""
    judge = Judge(client=client, for_calibration=True, **switches)
    return count(judge.identity, _judged(judge, labelled))


def _judged(judge: Judge, labelled: Labelled) -> Iterable[tuple[Verdict, bool]]:
    for problem, response, is_right in labelled:
        yield judge.verify(problem, response), is_right
