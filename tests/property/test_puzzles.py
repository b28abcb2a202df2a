"""Puzzles and games: references pass, and a mutated answer passes exactly if it breaks no rule.

The rules are those of `puzzle_rules.py`, written apart from verifiers and generators.
"""

import json
import os
import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.util import find_spec

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from puzzle_rules import FAMILIES

from verigrad.core.types import Problem
from verigrad.core.verdict import Reason, Status
from verigrad.tasks import GENERATORS, Split
from verigrad.verifiers import TABLE

SETTINGS = [
    ("sudoku", {}),
    ("sudoku", {"size": 6, "blanks": 18}),
    ("sudoku", {"variant": "diagonal"}),
    ("sudoku", {"variant": "killer", "blanks": 14}),
    ("sudoku", {"size": 6, "variant": "futoshiki", "blanks": 20}),
    ("sudoku", {"variant": "latin"}),
    ("n_queens", {}),
    ("n_queens", {"size": 12, "placed": 4}),
    ("twenty_four", {}),
    ("knights_knaves", {}),
    ("knights_knaves", {"people": 6}),
    ("zebra", {}),
    ("zebra", {"houses": 4, "attributes": 4}),
    ("graph_coloring", {}),
    ("graph_coloring", {"nodes": 12, "colors": 4}),
    ("shortest_path", {}),
    ("shortest_path", {"nodes": 12}),
    ("sat", {}),
    ("sat", {"variables": 20}),
    ("blocksworld", {}),
    ("blocksworld", {"blocks": 8}),
    ("job_shop", {}),
    ("job_shop", {"jobs": 4, "machines": 4}),
    ("tower_of_hanoi", {}),
    ("tower_of_hanoi", {"disks": 6}),
    ("maze", {}),
    ("maze", {"size": 12}),
    ("normal_forms", {}),
    ("normal_forms", {"form": "dnf", "variables": 4, "connectives": 6}),
    ("first_order", {}),
    ("tic_tac_toe", {"moves": 1}),
    ("connect_four", {"moves": 1}),
    ("chess_mate", {}),
]
NAMES = sorted({name for name, _ in SETTINGS})
NEEDED = {"chess_mate": "chess", "first_order": "z3"}
IDS = [f"{name}-{switches}" for name, switches in SETTINGS]


@cache
def drawn(name, switches, split="train", count=12):
    if NEEDED.get(name) and not find_spec(NEEDED[name]):
        pytest.skip(f"{NEEDED[name]} is not installed")
    generator = GENERATORS.load(name)(**dict(switches))
    return TABLE.load(generator.verifier)(), generator.problems(split, count, seed=3)


def box(text):
    return f"\\boxed{{{text}}}"


def test_every_generator_of_a_puzzle_is_tried_here():
    rooms = ("verigrad.verifiers.puzzles", "verigrad.verifiers.games", "verigrad.verifiers.logic")
    kinds = {name: GENERATORS.load(name).verifier for name in GENERATORS.names}
    puzzles = {n for n, kind in kinds.items() if TABLE.table.get(kind, "").startswith(rooms)}
    assert sorted(puzzles | {"twenty_four"}) == NAMES


@pytest.mark.parametrize(("name", "switches"), SETTINGS, ids=IDS)
def test_references_pass_in_every_place(name, switches):
    verifier, problems = drawn(name, tuple(switches.items()))
    kind = type(verifier)
    for problem in problems:
        assert verifier.check_reference(problem).is_correct, problem
        assert verifier.verify(problem, problem.solution).is_correct, problem
        assert verifier.verify(problem, problem.question).score == 0.0
        answer = problem.info.get("expression", problem.answer)
        inside = kind(answer_in="tag").verify(problem, f"so\n<answer>{answer}</answer>")
        assert inside.is_correct, inside
        fenced = kind(answer_in="fenced").verify(problem, f"so\n```\n{answer}\n```\n")
        assert fenced.is_correct, fenced


@pytest.mark.parametrize("name", sorted(FAMILIES))
@given(which=st.integers(0, 11), seed=st.integers(0, 2**32), times=st.integers(1, 3))
@settings(max_examples=60, deadline=None)
def test_a_mutant_passes_exactly_if_it_breaks_no_rule(name, which, seed, times):
    for own, switches in SETTINGS:
        if own != name:
            continue
        verifier, problems = drawn(name, tuple(switches.items()))
        problem, family = problems[which], FAMILIES[name]
        info = json.loads(json.dumps(dict(problem.info)))
        answer = family.decode(problem.answer)
        assert family.is_right(info, answer)
        rng = random.Random(seed)
        for _ in range(times):
            answer = family.mutate(answer, info, rng)
        verdict = verifier.verify(problem, box(family.encode(answer)))
        assert verdict.status is Status.SCORED, verdict
        assert verdict.is_correct is family.is_right(info, answer), verdict


@given(seed=st.integers(0, 2**32))
@settings(max_examples=60, deadline=None)
def test_a_changed_normal_form_passes_exactly_if_its_table_is_the_same(seed):
    rng = random.Random(seed)
    verifier, problems = drawn("normal_forms", ())
    problem = rng.choice(problems)
    literals = rng.choice([[w] for w in ("p", "~q", "r")] + [["p", "q"], ["~p", "r"], ["q", "~r"]])
    clauses = [f"({clause.strip('()')})" for clause in problem.answer.split(" & ")]
    rng.choice([clauses.append, lambda c: clauses.__setitem__(0, c)])(f"({' | '.join(literals)})")
    changed = " & ".join(clauses)
    same = python_table(changed) == python_table(problem.answer)
    assert verifier.verify(problem, box(changed)).is_correct is same


def python_table(formula):
    """Values of a formula of `~ & |` in all eight rows, by Python."""
    code = formula.replace("~", " not ").replace("&", " and ").replace("|", " or ")
    rows = [{"p": i & 1, "q": i & 2, "r": i & 4} for i in range(8)]
    return [bool(eval(code, {}, row)) for row in rows]  # our own text


@pytest.mark.parametrize("name", NAMES)
def test_splits_never_meet_and_nothing_comes_twice(name):
    switches = dict(next(s for n, s in SETTINGS if n == name))
    questions = {}
    for split in Split:
        _, problems = drawn(name, tuple(switches.items()), str(split), 20)
        questions[split] = {problem.question for problem in problems}
        assert len(questions[split]) == 20
    assert not questions[Split.TRAIN] & questions[Split.HELD_OUT]


def test_another_process_draws_the_same_problems():
    names = [name for name in NAMES if not NEEDED.get(name) or find_spec(NEEDED[name])]
    program = (
        "from verigrad.tasks import GENERATORS\n"
        f"for name in {names!r}:\n"
        "    family = GENERATORS.load(name)\n"
        "    family = family(moves=1) if name in ('tic_tac_toe', 'connect_four') else family()\n"
        "    print(name, *(p.id for p in family.problems('train', 5, seed=9)))\n"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(runs) == 1
    assert len(next(iter(runs)).splitlines()) == len(names)


def test_threads_judge_as_one(request):
    pairs = []
    for name, switches in SETTINGS:
        if name in NEEDED:
            continue
        verifier, problems = drawn(name, tuple(switches.items()))
        pairs += [(verifier, p, text) for p in problems for text in (p.solution, box("1 2 3"))]
    alone = [v.verify(p, text).reason for v, p, text in pairs]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda each: each[0].verify(*each[1:]).reason, pairs))
    assert together == alone


@given(
    moves=st.lists(st.integers(1, 9), max_size=9),
    own=st.lists(st.integers(0, 10), min_size=1, max_size=6),
)
@settings(max_examples=200, deadline=None)
def test_tic_tac_toe_agrees_with_the_generators_rules(moves, own):
    from verigrad.tasks.generators.tic_tac_toe import GAME

    agree("tic_tac_toe", GAME, moves, own)


@given(
    moves=st.lists(st.integers(1, 7), max_size=20),
    own=st.lists(st.integers(0, 8), min_size=1, max_size=8),
)
@settings(max_examples=100, deadline=None)
def test_connect_four_agrees_with_the_generators_rules(moves, own):
    from verigrad.tasks.generators.connect_four import GAME

    agree("connect_four", GAME, moves, own)


def agree(name, game, moves, own):
    """The verdict on `own` moves after `moves`, and the same by the generator's game."""
    verdict = TABLE.load(name)().verify(Problem.of("?", None, moves=moves), box(f"{own}"))
    stones, side, is_over = {}, 0, False
    for move in moves:
        if is_over or move not in game.free(stones):
            assert verdict.reason is Reason.BAD_REFERENCE
            return
        stones = game.put(stones, move, side)
        is_over = game.has_won(stones, side) or not game.free(stones)
        side = 1 - side
    if is_over:
        assert verdict.reason is Reason.BAD_REFERENCE
        return
    player, expected = side, Reason.WRONG
    for move in own:
        if expected is not Reason.WRONG or is_over or move not in game.free(stones):
            assert verdict.reason is Reason.VIOLATION
            return
        stones = game.put(stones, move, player)
        won = game.has_won(stones, player)
        if won or not game.free(stones):
            expected, is_over = (Reason.CORRECT if won else Reason.PARTIAL), True
            continue
        stones = game.put(stones, game.reply(stones, 1 - player), 1 - player)
        if game.has_won(stones, 1 - player):
            is_over = True
        elif not game.free(stones):
            expected, is_over = Reason.PARTIAL, True
    assert verdict.reason is expected


def test_the_size_of_a_recipes_source_is_the_generators():
    from verigrad.core.recipe import TaskSection
    from verigrad.judging.bind import bind_source

    section = TaskSection.model_validate(
        {
            "name": "s",
            "source": {"generator": "sudoku", "size": 6, "blanks": 5},
            "verifier": {"kind": "sudoku"},
        }
    )
    [problem] = bind_source(section).train(1, step=1, seed=0)
    assert problem.info["size"] == 6
