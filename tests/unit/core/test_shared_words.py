"""Verdicts, problems, rollouts, errors, seeds, digests, registry: the words everyone shares."""

import pickle

import pytest

from verigrad.core import digests, seeds
from verigrad.core.errors import (
    ConfigError,
    DataError,
    HaltedError,
    SetupError,
    UsageError,
    VerigradError,
)
from verigrad.core.registry import Registry
from verigrad.core.types import Group, Judged, Message, Problem, Reward, Rollout, StopReason
from verigrad.core.verdict import Reason, Status, Verdict
from verigrad.verifiers.base import Verifier, abstained, correct, failed, rejected


@pytest.mark.parametrize(
    ("reason", "score"),
    [
        (Reason.CORRECT, None),
        (Reason.CORRECT, 0.0),
        (Reason.WRONG, 0.5),
        (Reason.PARTIAL, 1.5),
        (Reason.PARTIAL, float("nan")),
        (Reason.INFRASTRUCTURE, 0.0),
        (Reason.BAD_REFERENCE, 1.0),
    ],
)
def test_a_verdict_that_contradicts_itself_cannot_be_made(reason, score):
    with pytest.raises(ValueError):
        Verdict(reason.status, reason, score)


def test_a_reason_goes_with_one_status_only():
    with pytest.raises(ValueError):
        Verdict(Status.SCORED, Reason.INFRASTRUCTURE, None)
    assert {r.status for r in Reason} == set(Status)


def test_only_scored_is_trainable():
    assert [s for s in Status if s.is_trainable] == [Status.SCORED]
    assert correct().is_correct
    assert not rejected(Reason.WRONG).is_correct
    assert failed("x").score is None is abstained(Reason.BAD_REFERENCE, "y").score


class _Buggy(Verifier):
    name, version = "buggy", "1"

    def judge(self, problem, response):
        raise ZeroDivisionError("oops")


def test_a_verifiers_own_bug_is_failed_never_a_reward():
    verdict = _Buggy().verify(Problem.of("?", "1"), "1")
    assert verdict.status is Status.FAILED
    assert "ZeroDivisionError" in verdict.evidence["why"]
    assert (verdict.verifier, verdict.version) == ("buggy", "1")


def test_unknown_switches_are_errors():
    with pytest.raises(ValueError, match="forbidden"):
        _Buggy(lenient=True)


def test_problem_ids_are_of_the_content():
    assert Problem.of("a", "1").id == Problem.of("a", "1").id
    ids = {
        Problem.of("a", "1").id,
        Problem.of("a", "2").id,
        Problem.of("b", "1").id,
        Problem.of("a", "1", k=1).id,
    }
    assert len(ids) == 4


def _judged(reward):
    rollout = Rollout(
        problem=Problem.of("?", "1"),
        sample=0,
        prompt_ids=(1,),
        response_ids=(2, 3, 4),
        loss_mask=(True, False, True),
        logps=(-1.0, 0.0, -1.0),
        messages=(Message("assistant", "a"), Message("tool", "b"), Message("assistant", "c")),
        stop=StopReason.END,
    )
    return Judged(rollout, correct(), Reward(reward))


def test_rollout_and_group_compute_what_they_can():
    assert _judged(1.0).rollout.response == "c"
    assert _judged(1.0).rollout.num_response_tokens == 2
    problem = Problem.of("?", "1")
    assert Group(problem, (_judged(1.0), _judged(0.0), _judged(None))).has_spread
    assert not Group(problem, (_judged(1.0), _judged(None))).has_spread
    assert not Group(problem, (_judged(1.0), _judged(1.0))).has_spread


def test_errors_have_four_parts_exit_codes_and_survive_pickling():
    error = DataError("what", where="here", cause="because", remedy="do this")
    assert str(error).splitlines() == [
        "what",
        "  where: here",
        "  likely cause: because",
        "  what to do: do this",
    ]
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
    codes = {
        kind: kind.exit_code
        for kind in (UsageError, ConfigError, DataError, SetupError, HaltedError)
    }
    assert list(codes.values()) == [2, 3, 4, 5, 6]
    assert all(issubclass(kind, VerigradError) for kind in codes)


def test_seeds_are_addressed():
    first = seeds.derive("rollout", step=1, sample=2)
    assert first == seeds.derive("rollout", sample=2, step=1)
    assert 0 <= first < 1 << 63
    others = {seeds.derive("rollout", step=2, sample=1), seeds.derive("x", step=1, sample=2)}
    assert first not in others
    assert len(others) == 2
    assert seeds.stream("a", n=1).random() == seeds.stream("a", n=1).random()


def test_digests_agree_with_sha256():
    # sha256 of "abc", FIPS 180-2 appendix B.1
    assert digests.digest_bytes(b"abc").startswith("ba7816bf8f01cfea")
    assert digests.digest_json({"a": 1, "b": 2}) == digests.digest_json({"b": 2, "a": 1})
    with pytest.raises(ValueError):
        digests.digest_json(float("nan"))


def test_the_registry_offers_the_nearest_name():
    table = Registry("verifier", {"math": "verigrad.core.seeds:derive"})
    assert table.load("math") is seeds.derive
    with pytest.raises(ConfigError, match="mth") as caught:
        table.load("mth")
    assert 'did you mean "math"' in caught.value.remedy
