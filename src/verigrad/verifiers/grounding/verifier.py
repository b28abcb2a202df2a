"""The `grounding` verifier: a right answer, carried by what it cites; or a refusal that is due."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import Field

from verigrad.core.types import Problem
from verigrad.core.verdict import Extracted, Reason, Verdict
from verigrad.verifiers.base import Policy, Verifier, abstained, correct, rejected
from verigrad.verifiers.exact import Exact
from verigrad.verifiers.extract.reasoning import blank_reasoning
from verigrad.verifiers.final_answer import UnreadableError
from verigrad.verifiers.grounding.checks import Fault, Rules, check_sentence
from verigrad.verifiers.grounding.documents import Document, read_documents
from verigrad.verifiers.grounding.sentences import Sentence, read_sentences
from verigrad.verifiers.grounding.values import read_values
from verigrad.verifiers.math import Math

_CITATION = re.compile(r"\s*\[[^\[\]\n]{1,80}\]")
_REFUSAL_WORDS = 40
Entails = Callable[[str, str], float]


class GroundingPolicy(Policy):
    """answer_anchor: what stands before the final answer, on a line of its own.

    answer_type: how it is compared: as mathematics, as text, or not at all ("none").
    refusal: the phrase of a refusal. every_sentence: uncited sentences are faults.
    most_citations: of one sentence. values: numbers, dates and names must be in what is cited.
    overlap: a cited document must share a word with its sentence.
    """

    answer_anchor: str = "Answer:"
    answer_type: Literal["auto", "math", "text", "none"] = "auto"
    refusal: str = "The documents do not answer this."
    every_sentence: bool = True
    most_citations: int = Field(default=3, ge=1)
    values: bool = True
    overlap: bool = True
    max_response_chars: int = 50_000


class Grounding(Verifier):
    r"""Every sentence carried by the documents it cites, and the answer right.

    The problem's `info["documents"]` are texts (cited as [1], [2], ...) or objects with an `id`.
    Its `answer` is the reference, a string; or `{"unanswerable": true}`, where only the policy's
    refusal is right. A refusal of a question that can be answered is wrong.

    >>> problem = Problem.of("When did it open?", "1932", documents=["The bridge opened in 1932."])
    >>> Grounding().verify(problem, "It opened in 1932 [1].\nAnswer: 1932").is_correct
    True
    >>> Grounding().verify(problem, "It opened in 1933 [1].\nAnswer: 1932").evidence["why"]
    'value: not in the cited documents: number 1933'
    """

    name: ClassVar[str] = "grounding"
    version: ClassVar[str] = "1"
    policy_type: ClassVar[type[Policy]] = GroundingPolicy
    proves: ClassVar[str] = "the answer is right; citations exist and hold its figures and quotes"
    cannot: ClassVar[str] = "that a cited passage means what the sentence says"
    assurance: ClassVar[str] = "exact, for what is compared"
    cost: ClassVar[str] = "under 2 ms"

    def judge(self, problem: Problem, response: str) -> Verdict:
        """Documents, refusal, sentences, answer; in this order."""
        try:
            documents = read_documents(problem.info)
            reference = self._reference(problem)
        except UnreadableError as error:
            return abstained(Reason.BAD_REFERENCE, error.why)
        if len(response) > self.policy.max_response_chars:
            return rejected(Reason.OVER_LIMIT)
        text = blank_reasoning(response)  # of the same length: places in it are places in response
        if not text.strip():
            return rejected(Reason.NO_ANSWER)
        whole = Extracted(text, 0, len(text), "whole")
        refuses = self.policy.refusal.lower() in text.lower()
        if reference is None or refuses:
            return self._judge_refusal(text, whole, refuses=refuses, due=reference is None)
        return self._judge_claims(problem, documents, reference, whole)

    def _reference(self, problem: Problem) -> str | None:
        """The answer; None where the documents hold none."""
        answer = problem.answer
        if isinstance(answer, Mapping) and answer.get("unanswerable") is True:
            return None
        if self.policy.answer_type == "none":
            return ""
        if not isinstance(answer, str) or not answer.strip():
            why = 'the answer must be a string or {"unanswerable": true}'
            raise UnreadableError(Reason.BAD_REFERENCE, why)
        return answer

    def _judge_refusal(self, text: str, whole: Extracted, *, refuses: bool, due: bool) -> Verdict:
        if not due:
            why = "refused, though the documents hold the answer"
            return rejected(Reason.WRONG, extracted=whole, evidence={"why": why})
        if not refuses:
            why = "answered, though the documents do not hold the answer"
            return rejected(Reason.WRONG, extracted=whole, evidence={"why": why})
        is_bare = len(text.split()) <= _REFUSAL_WORDS and self.policy.answer_anchor not in text
        if not is_bare:
            why = "a refusal, and an answer beside it"
            return rejected(Reason.AMBIGUOUS, extracted=whole, evidence={"why": why})
        return correct(extracted=whole, method="refusal", certainty="exact")

    def _judge_claims(
        self,
        problem: Problem,
        documents: Mapping[str, Document],
        reference: str,
        whole: Extracted,
    ) -> Verdict:
        claims, answer, fault = self._split(whole, reference)
        if fault is not None:
            return rejected(fault, extracted=whole)
        sentences = read_sentences(claims)
        if not any(sentence.cited and sentence.claim for sentence in sentences):
            return rejected(
                Reason.VIOLATION, extracted=whole, evidence={"why": "no claim with a citation"}
            )
        faults = self._faults(problem, documents, sentences)
        facts = _facts(sentences, documents, faults)
        if faults:
            facts["why"] = f"{faults[0].kind}: {faults[0].why}"
            return rejected(Reason.VIOLATION, extracted=whole, evidence=facts)
        if answer is None:
            return correct(extracted=whole, method="citations", certainty="exact", evidence=facts)
        return self._judge_answer(problem, reference, answer, facts)

    def _split(
        self, whole: Extracted, reference: str
    ) -> tuple[str, Extracted | None, Reason | None]:
        """The claims, and the one answer behind its anchor."""
        anchor = self.policy.answer_anchor
        if self.policy.answer_type == "none" and not reference:
            return whole.text, None, None
        lines = whole.text.split("\n")
        found = [i for i, line in enumerate(lines) if line.strip().startswith(anchor)]
        if not found:
            return "", None, Reason.NO_ANSWER
        texts = {_CITATION.sub("", lines[i].strip()[len(anchor) :]).strip(" .") for i in found}
        if len(texts) > 1:
            return "", None, Reason.AMBIGUOUS
        (text,) = texts
        if not text:
            return "", None, Reason.NO_ANSWER
        at = sum(len(line) + 1 for line in lines[: found[-1]])
        answer = Extracted(text, at, at + len(lines[found[-1]]), "anchor")
        claims = "\n".join("" if i in found else line for i, line in enumerate(lines))
        return claims, answer, None

    def _faults(
        self, problem: Problem, documents: Mapping[str, Document], sentences: list[Sentence]
    ) -> list[Fault]:
        policy = self.policy
        rules = Rules(policy.every_sentence, policy.most_citations, policy.values, policy.overlap)
        question = read_values(problem.question)
        return [
            fault
            for sentence in sentences
            for fault in check_sentence(sentence, documents, rules, question=question)
        ]

    def _judge_answer(
        self, problem: Problem, reference: str, answer: Extracted, facts: dict[str, Any]
    ) -> Verdict:
        """Typed by the reference: numbers as numbers, everything else as text."""
        kind = self.policy.answer_type
        if kind == "auto":
            kind = "math" if any(sign.isdigit() for sign in reference) else "text"
        judge = (
            Math(answer_in="whole")
            if kind == "math"
            else Exact(answer_in="whole", case_sensitive=False)
        )
        said = judge.verify(Problem.of(problem.question, reference), answer.text)
        if said.score is None:
            return abstained(said.reason, f"the reference: {said.evidence.get('why', '')}")
        facts = {**said.evidence, **facts}
        forms = {
            "canonical_response": said.canonical_response,
            "canonical_reference": said.canonical_reference,
            "certainty": said.certainty,
        }
        if said.is_correct:
            method = f"citations, and the answer by {judge.name}"
            return correct(extracted=answer, method=method, evidence=facts, **forms)
        return rejected(said.reason, extracted=answer, method=judge.name, evidence=facts, **forms)

    @classmethod
    def sources(cls) -> list[Path]:
        """The folder's files; the answer's verifiers have digests of their own."""
        return sorted({*Path(__file__).parent.glob("*.py"), *Math.sources(), *Exact.sources()})


def _facts(
    sentences: list[Sentence], documents: Mapping[str, Document], faults: list[Fault]
) -> dict[str, Any]:
    quotes = [
        {"document": name, "start": span[0], "end": span[1]}
        for sentence in sentences
        for quote in sentence.quotes
        for name in sentence.cited
        if name in documents and (span := documents[name].find(quote))
    ]
    return {
        "sentences": len(sentences),
        "cited": sorted({name for sentence in sentences for name in sentence.cited})[:50],
        "quotes": quotes[:50],
        "faults": [fault.to_json() for fault in faults[:20]],
    }


def with_entailment(name: str, entails: Entails, *, threshold: float = 0.5) -> type[Grounding]:
    """Grounding and, behind it, a model that must find each sentence entailed by what it cites.

    `entails(premise, hypothesis)` gives a probability. What a model decides is no longer
    verifiable, and is marked so; it can only take away what the deterministic layer has passed.
    """

    class Entailed(Grounding):
        def judge(self, problem: Problem, response: str) -> Verdict:
            verdict = super().judge(problem, response)
            if not verdict.is_correct or verdict.method == "refusal":
                return verdict
            documents = read_documents(problem.info)
            for sentence in read_sentences(blank_reasoning(response)):
                if not sentence.cited or sentence.claim.startswith(self.policy.answer_anchor):
                    continue
                premise = "\n".join(documents[name].text for name in sentence.cited)
                if entails(premise, sentence.claim) < threshold:
                    why = f"{name} does not find it entailed: {sentence.claim[:80]}"
                    return rejected(Reason.VIOLATION, evidence={"why": why})
            return verdict

    Entailed.name = f"grounding+{name}"
    Entailed.verifiable = False
    Entailed.proves = f"as grounding; {name} finds every sentence entailed by what it cites"
    return Entailed
