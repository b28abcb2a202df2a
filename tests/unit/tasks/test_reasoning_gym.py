"""reasoning-gym: all datasets load, their references pass or are listed, garbage is not paid."""

from importlib.metadata import version

import pytest

pytest.importorskip("reasoning_gym")

from verigrad.core.errors import ConfigError
from verigrad.core.types import Problem
from verigrad.core.verdict import Reason
from verigrad.sandbox.workers import WorkerLimits, Workers
from verigrad.tasks import GENERATORS, Split
from verigrad.tasks.reasoning_gym import dataset_names
from verigrad.verifiers import TABLE
from verigrad.verifiers.reasoning_gym import ReasoningGym
from verigrad.verifiers.reasoning_gym.routes import OURS, THEIRS, decisions, scorer_of

SOME = (
    "countdown", "puzzle24", "n_queens", "game_of_life_halting", "coin_flip", "sudoku", "graph_color",
    "fraction_simplification", "simple_integration", "propositional_logic",
)  # fmt: skip
WITHOUT_ORACLE = {"boxnet", "rush_hour"}
COMPOSITE = {"datasets": [{"name": "chain_sum", "weight": 1.0, "config": {"min_terms": 2}}]}


def source(name, **config):
    if name == "composite":
        config = COMPOSITE
    return GENERATORS.load("reasoning_gym")(dataset=name, config=config)


def test_the_table_is_of_the_installed_version_and_names_every_dataset():
    assert decisions()["version"] == version("reasoning-gym")
    assert sorted(decisions()["scorers"]) == dataset_names()
    assert set(decisions()["scorers"].values()) <= {THEIRS, *OURS}


def test_scorers_that_notes_and_probes_found_unsound_do_not_judge():
    # each evaluates the answer, or gave a full score to garbage, in shared/notes/verifiers.md D
    unsound = (
        "n_queens", "binary_matrix", "spiral_matrix", "string_insertion", "countdown", "puzzle24",
        "polynomial_multiplication", "simple_integration", "intermediate_integration",
        "game_of_life_halting", "coin_flip",
    )  # fmt: skip
    assert all(scorer_of(name) != THEIRS for name in unsound)


@pytest.mark.parametrize("name", SOME)
def test_references_pass_and_garbage_does_not(name, tmp_path):
    verifier = ReasoningGym()
    problems = source(name).problems("train", 2, seed=1)
    canary = tmp_path / "canary"
    for problem, other in zip(problems, reversed(problems), strict=True):
        assert verifier.check_reference(problem).is_correct, problem
        for garbage in (
            "",
            "banana",
            problem.question,
            f"{problem.answer} banana",
            f"open({str(canary)!r}, 'w')",
            f"__import__('os').system('touch {canary}')",
            "1" * 15_000,
        ):
            assert verifier.verify(problem, f"\\boxed{{{garbage}}}").score == 0.0, garbage
        if other.answer != problem.answer and name not in ("graph_color", "propositional_logic"):
            assert verifier.verify(problem, f"\\boxed{{{other.answer}}}").score == 0.0
    assert not canary.exists()


def test_the_splits_of_a_dataset_never_meet():
    asked = [{p.question for p in source("chain_sum").problems(s, 30, seed=0)} for s in Split]
    assert not asked[0] & asked[1]


def test_draws_do_not_depend_on_the_hash_seed(monkeypatch):
    drawn = []
    for seed in ("1", "2"):
        monkeypatch.setenv("PYTHONHASHSEED", seed)
        workers = Workers("verigrad.tasks.reasoning_gym_child", WorkerLimits(cpu_s=60))
        request = {"do": "draw", "config": {}, "index": 12345}
        names = ("isomorphic_strings", "ransom_note", "polynomial_multiplication", "word_ladder")
        drawn.append([workers.call({**request, "dataset": name}) for name in names])
        workers.close()
    assert drawn[0] == drawn[1]


def test_a_composite_is_judged_by_the_part_it_came_from():
    [problem] = source("composite").problems("train", 1, seed=0)
    assert problem.info["dataset"] == "chain_sum"
    assert problem.info["config"] == {"min_terms": 2}
    assert ReasoningGym().check_reference(problem).is_correct


def test_wrong_settings_are_errors_of_the_recipe():
    with pytest.raises(ConfigError, match='no dataset "sudokus"'):
        source("sudokus")
    with pytest.raises(ConfigError, match="min_therms"):
        source("chain_sum", min_therms=2)
    with pytest.raises(ValueError, match="seed"):
        source("chain_sum", seed=2)


def test_problems_that_are_not_the_datasets_are_not_judged():
    judge = ReasoningGym().verify
    assert judge(Problem.of("?", "1"), "\\boxed{1}").reason is Reason.BAD_REFERENCE
    facts = {"dataset": "no_such", "config": {}, "metadata": {}}
    assert judge(Problem.of("?", "1", **facts), "\\boxed{1}").reason is Reason.BAD_REFERENCE


@pytest.mark.slow
@pytest.mark.parametrize("name", dataset_names())
def test_every_dataset_loads_and_its_reference_passes(name):
    [problem] = source(name).problems("train", 1, seed=2)
    assert problem.question
    reference = TABLE.load("reasoning_gym")().check_reference(problem)
    if name in WITHOUT_ORACLE:
        assert reference is None
    else:
        assert reference.is_correct, (problem, reference)
