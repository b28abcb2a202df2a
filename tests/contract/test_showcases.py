"""Every verifier of the table goes through the trial of its showcase, in short."""

import pytest

from verigrad.core.errors import SetupError
from verigrad.sandbox import use_sandbox
from verigrad.sandbox.local import LocalSandbox
from verigrad.verifiers import TABLE
from verigrad.verifiers.showcases import SHOWCASES
from verigrad.verifiers.showcases.trial import replay_all, run_trial

FUZZ = 300
FUZZ_IN_SANDBOX = 8
SLOW = {"coq"}  # every judgement starts a prover several times
NAMES = [pytest.param(n, marks=pytest.mark.slow if n in SLOW else ()) for n in sorted(TABLE.table)]


@pytest.fixture(scope="module", autouse=True)
def sandbox():
    try:
        local = LocalSandbox()
    except SetupError as error:
        yield f"no sandbox with a wall here: {error}"
        return
    with local:
        use_sandbox(local)
        yield ""
        use_sandbox(None)


@pytest.fixture(scope="module")
def replayed():
    """Every quick showcase's facts, from one other process."""
    return replay_all([SHOWCASES.table[name] for name in sorted(set(TABLE.table) - SLOW)])


@pytest.mark.parametrize("name", NAMES)
def test_the_trial_finds_no_fault(name, sandbox, replayed):
    showcase = SHOWCASES.load(name)()
    if showcase.missing or (showcase.max_fuzz is not None and sandbox):
        pytest.skip(showcase.missing or sandbox)
    assert showcase.verifier.name == name
    assert len(showcase.samples) >= 2
    assert all(len(sample.near) >= 2 and sample.right for sample in showcase.samples)
    fuzz = FUZZ if showcase.max_fuzz is None else FUZZ_IN_SANDBOX
    spec = SHOWCASES.table[name]
    trial = run_trial(showcase, fuzz=fuzz, spec=spec, replayed=replayed.get(spec))
    assert trial.faults == []
    assert trial.nulls > 40
    assert trial.fuzzed == fuzz


@pytest.mark.parametrize("name", sorted(TABLE.table))
def test_it_says_what_a_pass_means(name):
    kind = TABLE.load(name)
    assert kind.proves
    assert kind.cannot
    assert kind.assurance
    assert kind.cost
    assert isinstance(kind.verifiable, bool)
