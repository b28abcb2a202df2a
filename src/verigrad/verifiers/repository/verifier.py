"""The repository verifier: a patch applied to a snapshot, its modules asked by tests from outside.

The tests run as the code verifier's asserts do, in a process of their own: nothing that a patch
adds (a conftest.py, a sitecustomize.py, an object equal to everything, an exit code) is where the
verdict is made, and no test lies where the patched code can read it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock
from typing import Annotated, Any

from pydantic import Field

from verigrad.core import seeds
from verigrad.core.digests import digest_json
from verigrad.core.errors import DataError, SetupError
from verigrad.core.types import Problem
from verigrad.core.verdict import Extracted, Reason, Verdict
from verigrad.sandbox import Limits, shared_sandbox
from verigrad.verifiers.base import Verifier, abstained, failed, rejected
from verigrad.verifiers.code.assertions import run_assertion_tests
from verigrad.verifiers.code.extract import find_blocks
from verigrad.verifiers.code.outcome import BadTests, NotJudged, Outcome, Setting, Solution
from verigrad.verifiers.code.packing import ENTRY
from verigrad.verifiers.code.policy import CodePolicy
from verigrad.verifiers.code.tests_data import Common
from verigrad.verifiers.code.verifier import BATCH_THREADS, summarise
from verigrad.verifiers.repository.answer import RepositoryAnswer, RepositoryTest, read_answer
from verigrad.verifiers.repository.patches import BadPatch, apply_patch, read_patch
from verigrad.verifiers.repository.snapshot import Snapshot, snapshot_of

_BY_NAME = """\
import importlib as _importlib
_module = _importlib.import_module({module!r})
globals().update({{n: getattr(_module, n) for n in {names!r} if hasattr(_module, n)}})
"""
PASSES_BEFORE = "every test passes before any patch"
MAX_KEPT = 4096
_PATCH_LANGUAGES = frozenset({"diff", "patch"})
_PATCH_STARTS = ("diff --git ", "--- ")


class RepositoryPolicy(CodePolicy):
    """The code verifier's switches, and the disk that a repository may take in a job."""

    max_source_chars: Annotated[int, Field(gt=0)] = 1 << 18  # of the patch
    disk_mb: Annotated[int, Field(gt=0)] = 64
    disk_files: Annotated[int, Field(gt=0)] = 8192


@dataclass(frozen=True, slots=True)
class _Roomier(Setting):
    """A setting whose jobs have room for a repository."""

    disk_mb: int
    disk_files: int

    def limits(self, tests: Common, *, output_bytes: int | None = None) -> Limits:
        limits = Setting.limits(self, tests, output_bytes=output_bytes)
        return replace(limits, disk_mb=self.disk_mb, disk_files=self.disk_files)


class Repository(Verifier):
    """Judges patches: every test must pass, and one must have failed before."""

    name = "repository"
    version = "1"
    policy_type = RepositoryPolicy
    proves = "with the patch every test passes, and without it one does not"
    cannot = "that the tests are enough, or that the patch is one a maintainer would take"
    assurance = "tests"
    cost = "two sandboxed processes for each group of tests"

    def __init__(self, policy: RepositoryPolicy | None = None, **switches: Any) -> None:
        super().__init__(policy, **switches)
        self._kept: dict[str, bool] = {}  # problem -> whether its tests pass before any patch
        self._lock = Lock()

    def judge(self, problem: Problem, response: str) -> Verdict:
        """Find the patch, apply it to the snapshot, run the tests beside it."""
        try:
            return self._judge(problem, response)
        except (DataError, BadTests) as error:
            return abstained(Reason.BAD_REFERENCE, str(error))
        except (NotJudged, SetupError) as error:
            return failed(str(error) or "the sandbox could not run the job")

    def _judge(self, problem: Problem, response: str) -> Verdict:
        answer, snapshot = read_answer(problem.answer), snapshot_of(problem)
        found = find_patch(response, max_chars=self.policy.max_source_chars)
        if isinstance(found, Verdict):
            return found
        try:
            patches = read_patch(found.text)
            files = apply_patch(snapshot.files, patches)
            for patch in patches:
                if answer.protects(patch.path):
                    why = f"the patch changes {patch.path!r}, which is protected"
                    return rejected(Reason.VIOLATION, extracted=found, evidence={"why": why})
            if files == dict(snapshot.files):
                why = "the patch changes nothing"
                return rejected(Reason.WRONG, extracted=found, evidence={"why": why})
            verdict = self.judge_files(problem, files, extracted=found)
        except BadPatch as error:
            return rejected(Reason.MALFORMED, extracted=found, evidence={"why": str(error)[:300]})
        if verdict.is_correct and self._passes_before(problem, snapshot):
            return abstained(Reason.BAD_REFERENCE, PASSES_BEFORE)
        return verdict

    def _passes_before(self, problem: Problem, snapshot: Snapshot) -> bool:
        """Whether the tests pass without any patch; kept, for it is asked of every right one."""
        known = self._kept.get(problem.id)
        if known is None:
            unpatched = Extracted("", 0, 0, "whole")
            known = self.judge_files(problem, snapshot.files, extracted=unpatched).is_correct
            with self._lock:
                while len(self._kept) >= MAX_KEPT:
                    del self._kept[next(iter(self._kept))]
                self._kept[problem.id] = known
        return known

    def judge_files(
        self,
        problem: Problem,
        files: Mapping[str, str],
        *,
        extracted: Extracted,
        only_visible: bool = False,
    ) -> Verdict:
        """The verdict on a whole tree. Raises DataError, BadTests, NotJudged and SetupError, and
        BadPatch for files that no job can hold.

        `only_visible` runs no hidden test: what an environment may tell the policy.
        """
        _check_layout(files)
        answer = read_answer(problem.answer)
        tests = _visible(answer) if only_visible else answer.tests
        if not tests:
            raise DataError("the problem has no test that the policy may see")
        outcomes = self._outcomes(problem, files, tests)
        total = {
            hidden: sum(group.hidden is hidden for test in tests for group in test.groups)
            for hidden in (True, False)
        }
        return summarise(outcomes, extracted, total=total, policy=self.policy)

    def _outcomes(
        self, problem: Problem, files: Mapping[str, str], tests: Sequence[RepositoryTest]
    ) -> list[Outcome]:
        address = {"problem": problem.id, "files": digest_json(dict(files))}
        seed = seeds.derive("verifiers.repository.order", **address)
        policy = self.policy
        setting = _Roomier(shared_sandbox(), policy, seed, policy.disk_mb, policy.disk_files)
        outcomes: list[Outcome] = []
        for test in tests:
            names = sorted({name.split(".")[0] for name in (test.entry_point, *test.names)})
            source = _BY_NAME.format(module=test.module, names=names)
            solution = Solution(source, tuple(sorted(files.items())))
            outcomes += run_assertion_tests(solution, test, setting, problem=problem)
            if self.policy.score == "all" and not all(outcome.passed for outcome in outcomes):
                break
        return outcomes

    def verify_batch(self, pairs: Sequence[tuple[Problem, str]]) -> list[Verdict]:
        """Judge many at once over the sandbox's pool, in order."""
        with ThreadPoolExecutor(min(BATCH_THREADS, max(1, len(pairs)))) as pool:
            return list(pool.map(lambda pair: self.verify(*pair), pairs))

    def reference_response(self, problem: Problem) -> str | None:
        """The problem's worked solution, a patch."""
        return None if problem.solution is None else f"```diff\n{problem.solution.rstrip()}\n```"

    def check_reference(self, problem: Problem) -> Verdict | None:
        """What the reference gets; abstained where the tests pass without any patch."""
        try:
            if self._passes_before(problem, snapshot_of(problem)):
                return abstained(Reason.BAD_REFERENCE, PASSES_BEFORE)
        except (DataError, BadTests) as error:
            return abstained(Reason.BAD_REFERENCE, str(error))
        except (NotJudged, SetupError) as error:
            return failed(str(error))
        response = self.reference_response(problem)
        return None if response is None else self.verify(problem, response)

    @classmethod
    def sources(cls) -> list[Path]:
        """Every file of this folder, and of the code verifier, which runs the tests."""
        here = Path(__file__).parent
        return sorted([*here.rglob("*.py"), *(here.parent / "code").rglob("*.py")])


def _check_layout(files: Mapping[str, str]) -> None:
    """BadPatch for files that no job can hold: beside them lies the loader of the tests' names."""
    if any(path.startswith(f"{ENTRY}/") for path in files):
        raise BadPatch(f"{ENTRY!r} is taken and can be no folder")


def _visible(answer: RepositoryAnswer) -> list[RepositoryTest]:
    """The tests with their visible groups alone."""
    kept = []
    for test in answer.tests:
        groups: list[Any] = [group for group in test.groups if not group.hidden]
        if groups:
            kept.append(test.model_copy(update={"assertions": groups}))
    return kept


def find_patch(response: str, *, max_chars: int) -> Extracted | Verdict:
    r"""The one patch of a response, or the verdict on one that has none.

    Blocks labelled `diff` or `patch` count, and the whole response where it begins as a patch does.

    >>> find_patch("Mended:\n```diff\n--- a/x\n```", max_chars=99).text
    '--- a/x\n'
    """
    if len(response) > 4 * max_chars:
        return rejected(Reason.OVER_LIMIT, evidence={"why": "the response is too long"})
    end = "</think>"
    after = response.rfind(end) + len(end) if end in response else 0
    for offset in (0, after):  # a patch may hold the word, so a response that is one comes first
        start = len(response) - len(response[offset:].lstrip("\n"))
        if response.startswith(_PATCH_STARTS, start):
            return _within(Extracted(response[start:], start, len(response), "whole"), max_chars)
    return _in_a_block(response[after:], after, max_chars)


def _in_a_block(visible: str, offset: int, max_chars: int) -> Extracted | Verdict:
    if "<think>" in visible:
        return rejected(Reason.NO_ANSWER, evidence={"why": "the thought does not end"})
    blocks = find_blocks(visible, offset)
    if blocks is None:
        return rejected(Reason.MALFORMED, evidence={"why": "a fence does not end"})
    fitting = [block for block in blocks if block.language in _PATCH_LANGUAGES]
    if not fitting:
        return rejected(Reason.NO_ANSWER, evidence={"why": "no block is labelled `diff`"})
    if len({block.text for block in fitting}) > 1:
        return rejected(Reason.AMBIGUOUS, evidence={"why": f"{len(fitting)} different patches"})
    last = fitting[-1]
    return _within(Extracted(last.text, last.start, last.end, "fence"), max_chars)


def _within(found: Extracted, max_chars: int) -> Extracted | Verdict:
    if len(found.text) > max_chars:
        return rejected(Reason.OVER_LIMIT, evidence={"why": "the patch is too long"})
    return found
