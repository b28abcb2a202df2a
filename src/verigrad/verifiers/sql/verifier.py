"""The SQL verifier: a response's query must give the reference's rows on random databases."""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from verigrad.core.digests import digest_json
from verigrad.core.errors import DataError, SetupError
from verigrad.core.types import Problem
from verigrad.core.verdict import Extracted, Reason, Verdict
from verigrad.sandbox import Status, shared_sandbox
from verigrad.verifiers.base import Verifier, abstained, correct, failed, rejected
from verigrad.verifiers.code.extract import NotFound, Wanted, find_code
from verigrad.verifiers.sql.expected import Expected, expected_of
from verigrad.verifiers.sql.policy import SqlPolicy
from verigrad.verifiers.sql.question import Question, read_question
from verigrad.verifiers.sql.running import Answers, run_queries

BATCH_THREADS = 8
MAX_KEPT = 256


class Sql(Verifier):
    """Judges queries by their rows. Response and reference never share a process."""

    name = "sql"
    version = "1"
    policy_type = SqlPolicy
    proves = "the query gave the reference's rows on several random databases"
    cannot = "that the two agree on every database"
    assurance = "tests"
    cost = "a sandboxed process"

    def __init__(self, policy: SqlPolicy | None = None, **switches: Any) -> None:
        super().__init__(policy, **switches)
        self._kept: OrderedDict[str, list[Expected]] = OrderedDict()
        self._lock = threading.Lock()

    def judge(self, problem: Problem, response: str) -> Verdict:
        """Run the response's query on databases made for the question; compare outside."""
        try:
            question = read_question(problem.answer)
            found = find_query(response, max_chars=self.policy.max_query_chars)
            if isinstance(found, NotFound):
                return rejected(found.reason, evidence={"why": found.why})
            return self._judge(question, found)
        except DataError as error:
            return abstained(Reason.BAD_REFERENCE, str(error))
        except SetupError as error:
            return failed(str(error))

    def _judge(self, question: Question, found: Extracted) -> Verdict:
        expected = self._expected(question)
        bases = [e.base for e in expected]
        answers = run_queries(
            [found.text],
            question,
            bases,
            sandbox=shared_sandbox(),
            policy=self.policy,
            time_limit_s=self.policy.time_limit_s,
        )
        if answers.result.status is Status.FAILED:
            return failed(answers.result.why)
        passed = 0
        for item, (reply,) in zip(expected, answers.replies, strict=False):
            if reply[:1] != ["rows"] or not item.accepts(reply[1]):
                break
            passed += 1
        level = answers.result.level
        evidence: dict[str, Any] = {
            "level": str(level) if level else None,
            "databases": {"passed": passed, "total": len(expected)},
        }
        facts = {"extracted": found, "method": "rows compared", "evidence": evidence}
        if passed == len(expected) and answers.result.exited_cleanly:
            return correct(certainty=f"databases: {passed}", **facts)
        reason, evidence["why"] = _why(answers, passed)
        return rejected(reason, **facts)

    def _expected(self, question: Question) -> list[Expected]:
        """What the reference gives; kept for the other responses of the group."""
        key = digest_json(question.model_dump(mode="json"))
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = expected_of(question, sandbox=shared_sandbox(), policy=self.policy, name=key)
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > MAX_KEPT:
                self._kept.popitem(last=False)
        return made

    def verify_batch(self, pairs: Sequence[tuple[Problem, str]]) -> list[Verdict]:
        """Judge many at once over the sandbox's pool, in order."""
        with ThreadPoolExecutor(min(BATCH_THREADS, max(1, len(pairs)))) as pool:
            return list(pool.map(lambda pair: self.verify(*pair), pairs))

    def reference_response(self, problem: Problem) -> str | None:
        """The reference query."""
        return read_question(problem.answer).query

    @classmethod
    def sources(cls) -> list[Path]:
        """Every file of this folder, and what it shares with the code verifier."""
        here = Path(__file__).parent
        return sorted([*here.rglob("*.py"), *(here.parent / "code").rglob("*.py")])


def find_query(response: str, *, max_chars: int) -> Extracted | NotFound:
    """The one query of a response: the only SQL fence, or the whole."""
    found = find_code(response, Wanted(language="sql"), max_chars=max_chars)
    if isinstance(found, NotFound):
        return found
    text = found.extracted
    if not re.match(r"[\s(]{0,100}(?:select|with|values|--|/\*)", text.text, re.I):
        return NotFound(Reason.MALFORMED, "the response's text is no SELECT")
    return text


def _why(answers: Answers, passed: int) -> tuple[Reason, str]:
    result = answers.result
    if result.status is Status.TIMEOUT:
        return Reason.TIMEOUT, result.why
    if result.status.hit_budget:
        return Reason.OVER_LIMIT, result.why
    if answers.malformed or passed >= len(answers.replies):
        return Reason.WRONG, answers.malformed or f"ended early: {result.status}"
    kind, *said = answers.replies[passed][0]
    if kind == "rows":
        return Reason.WRONG, f"other rows on database {passed}"
    text = f"{said[0]}: {said[1]}"
    if "interrupted" in text or "TooManyRows" in text:
        return Reason.OVER_LIMIT, text
    if "not authorized" in text or "PermissionError" in text or "prohibited" in text:
        return Reason.VIOLATION, text
    return Reason.MALFORMED, text
