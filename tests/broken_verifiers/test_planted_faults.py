"""Every verifier that is broken on purpose is found by the probe meant for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from verigrad.audit.cases import Fault
from verigrad.audit.corpora.problems import built_in_problems
from verigrad.audit.foreign.function import ForeignFunction
from verigrad.audit.foreign.rewards import verdict_of
from verigrad.audit.forms import read_in_any
from verigrad.audit.probes import probes
from verigrad.audit.running import Bounds, run_probes
from verigrad.audit.stability import stability
from verigrad.audit.subject import of_problems
from verigrad.verifiers.base import Verifier, failed

from . import quick as verifiers
from . import slow

SLOW = Path(slow.__file__)


class InProcess(Verifier):
    """A plain function, called here."""

    name = "in_process"
    version = "1"

    def __init__(self, function):
        super().__init__()
        self.function = function

    def judge(self, problem, response):
        try:
            reward = self.function(problem.question, response, problem.answer)
        except SystemExit as error:
            return failed(f"SystemExit: {error}")
        return verdict_of(None if reward != reward else reward, full=1.0)


def subject_of(function):
    verifier = InProcess(function)
    problems = built_in_problems()
    if function.__name__ != "refuses_negatives":  # its fault is that it cannot read one
        problems = read_in_any(verifier.verify, problems)
    return of_problems(function.__name__, verifier, problems, source="built in")


def by_name(subject, canary, *names):
    chosen = [probe for probe in probes(canary) if probe.name in names] if names else probes(canary)
    return {r.probe.name: r for r in run_probes(subject, chosen, canary=canary)}


def test_there_are_at_least_forty():
    assert len(verifiers.BROKEN) + len(slow.BROKEN) >= 40


@pytest.mark.parametrize("name", verifiers.BROKEN)
def test_found_by_the_probe_meant_for_it(name, tmp_path):
    subject = subject_of(getattr(verifiers, name))
    probe = verifiers.BROKEN[name]
    if probe == "judged again":
        assert next(c for c in stability(subject) if c.name == probe).differed
        return
    found = by_name(subject, tmp_path / "canary", probe)[probe].faults
    assert found, f"{probe} saw nothing"
    if probe == "asks to be run":
        assert found[Fault.EFFECT]


def test_the_tight_one_is_clean(tmp_path):
    subject = subject_of(verifiers.tight)
    for name, result in by_name(subject, tmp_path / "canary").items():
        if not result.probe.is_soft:
            assert not result.faulty, (name, result.faulty[0])
    assert not any(check.differed for check in stability(subject))
    assert {form.name for form in subject.forms} == {"boxed", "think and boxed"}


@pytest.fixture(params=slow.BROKEN)
def held(request):
    verifier = ForeignFunction(function=f"{SLOW}:{request.param}", time_limit_s=1)
    yield request.param, verifier
    verifier.close()


def test_found_in_a_worker(held, tmp_path):
    name, verifier = held
    probe = slow.BROKEN[name]
    subject = of_problems(name, verifier, built_in_problems()[:2], source="built in")
    if probe in ("backtracking", "bombs"):
        results = [p for p in probes(tmp_path / "c") if p.name == probe]
        (result,) = run_probes(subject, results, canary=tmp_path / "c", bounds=Bounds(most=100))
        assert result.faults[Fault.CRASHED]
        assert "CPU" in result.faulty[0].verdict.evidence["why"]
        return
    elsewhere = {
        "called in a thread": lambda: verifier.elsewhere("thread"),
        "in a process with another hash seed": lambda: verifier.elsewhere("main", hash_seed="3"),
    }[probe]()
    pairs_there = {probe: lambda pairs: [_fact(elsewhere, pair) for pair in pairs]}
    check = next(c for c in stability(subject, replays=pairs_there) if c.name == probe)
    elsewhere.close()
    assert check.differed


def _fact(verifier, pair):
    from verigrad.verifiers.showcases.trial import fact

    return fact(verifier.verify(*pair))
