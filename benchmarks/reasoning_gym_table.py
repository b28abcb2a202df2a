"""Probe every scorer of reasoning-gym, decide who judges each dataset, and write it down.

    python benchmarks/reasoning_gym_table.py [--entries 12] [--only NAME ...] [--write]

With --write: `src/verigrad/verifiers/reasoning_gym/scorers.json` (what the verifier reads) and
`docs/reference/reasoning-gym.md`. The last line is one JSON object of counts.

A scorer of theirs is used where it replaces the default, evaluates no text (nothing it calls is
eval, exec, compile or sympy's parsers, and no canary file appeared), gives no full score to any
garbage probe, and accepts the dataset's oracle. Else one of ours judges: a checker of the
puzzle's rules where we have one, mathematics for numbers and expressions that are worked out,
exact text otherwise.
"""

from __future__ import annotations

import argparse
import ast
import inspect
import json
import random
import re
import sys
import tempfile
import textwrap
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from verigrad.core.errors import VerigradError
from verigrad.core.tagged import from_tagged
from verigrad.sandbox.workers import WorkerError, WorkerLimits, Workers, WorkerTimeoutError
from verigrad.tasks.reasoning_gym import ReasoningGym as Source
from verigrad.tasks.reasoning_gym import dataset_names
from verigrad.verifiers.reasoning_gym import ReasoningGym, routes

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "reference" / "reasoning-gym.md"
EVALUATING = {"eval", "exec", "compile", "parse_expr", "sympify", "parse_latex", "S", "lambdify"}
OUR_CHECKERS = {
    "countdown": "countdown", "puzzle24": "countdown", "n_queens": "n_queens",
    "graph_color": "graph_coloring",
}  # fmt: skip
EXPRESSIONS = {"polynomial_multiplication", "simple_integration", "intermediate_integration"}
COMPOSITE = {
    "datasets": [
        {"name": "chain_sum", "weight": 1.0, "config": {}},
        {"name": "leg_counting", "weight": 1.0, "config": {}},
    ]
}
NUMBER = re.compile(r"[-+]?\d[\d,]*(?:\.\d+)?(?:/\d+)?")
CONSTANTS = (
    "0", "1", "-1", "2", "42", "True", "False", "true", "yes", "no", "Yes", "No", "None", "null",
    "[]", "{}", "()", "[[]]", '""', "A", "B", "x", ":", ".", "-", "/", "infeasible", "impossible",
    "6*4*1*1", "nan", "inf", "1e999", "banana", "Solution", "I don't know",
)  # fmt: skip
LONG = ("a" * 20_000, "1" * 20_000, "word " * 4_000, "(" * 5_000, "[" * 5_000, "1 " * 8_000)
_SCORERS = Workers(
    "verigrad.verifiers.reasoning_gym.child",
    WorkerLimits(cpu_s=2, wall_s=60.0, memory_bytes=4 << 30),
    most=1,
)


@dataclass
class Row:
    """What was found of one dataset."""

    name: str
    entries: list = field(default_factory=list)
    overrides: bool = False
    evaluates: set[str] = field(default_factory=set)
    canaries: int = 0
    probes: int = 0
    paid: dict[str, int] = field(default_factory=dict)  # kind of probe -> full scores
    part_paid: int = 0
    trips: int = 0
    oracle: int = 0  # of theirs, of len(entries)
    no_oracle: int = 0
    scorer: str = ""
    why: str = ""
    final_oracle: int = 0
    final_paid: list[str] = field(default_factory=list)
    final_canaries: int = 0
    final_failed: int = 0


def garbage(entries, index, canary: Path, rng: random.Random):
    """(kind, text) of answers that must not get a full score for entry `index`."""
    entry = entries[index]
    oracle = entry.answer
    yield from (("blank", text) for text in ("", " ", "\n", "\0"))
    yield from (("constant", text) for text in CONSTANTS)
    yield "prompt echo", entry.question
    segments = {
        part.strip(" .") for part in re.split(r"[\n:=?]|Calculate|Evaluate", entry.question)
    }
    yield from (("part of the prompt", text) for text in sorted(segments, key=len)[-8:] if text)
    yield "junk", "".join(rng.choice("abcxyz0123456789 ,.[](){}+-*/=\n\"'") for _ in range(60))
    path = str(canary)
    for payload in (
        f"__import__('os').system('touch {path}')",
        f"[open({path!r}, 'w')]",
        f"open({path!r}, 'w')",
        f"(lambda: open({path!r}, 'w'))()",
        f"[__import__('pathlib').Path({path!r}).touch()] or {oracle}",
    ):
        yield "injection", payload
    if oracle:
        for text in (
            f"{oracle} banana", f"not {oracle}", f"{oracle}{oracle}",
            f"{oracle} or {oracle[::-1]}x",
            f"The answer is not {oracle}", f"{oracle}, {oracle}, 7", oracle[: len(oracle) // 2],
            f"{oracle} {' '.join(CONSTANTS[:12])}",
        ):  # fmt: skip
            yield "oracle and noise", text
    others = {e.answer for e in entries if e.answer}
    yield from (("another's oracle", text) for text in sorted(others))


def wrong_probes(row: Row, index: int, canary: Path, rng: random.Random, *, long: bool = True):
    """The garbage that does not happen to say what the oracle says, or to be right as well."""
    problem = row.entries[index]
    same = " ".join(problem.answer.casefold().split())
    probes = [*garbage(row.entries, index, canary, rng)]
    if long:
        probes += [("long", text) for text in LONG]
    for kind, text in probes:
        is_right = row.name == "jugs" and kind == "another's oracle" and jugs_hold(problem, text)
        is_right = is_right or bool(same and set(same) == {"0"} == set(text))  # 00 is 0
        if (" ".join(text.casefold().split()) != same or not same) and not is_right:
            yield kind, text


def jugs_hold(problem, text: str) -> bool:
    """Whether these moves leave the target in a jug: the answers of two problems may both do."""
    puzzle = from_tagged(problem.info["metadata"])["puzzle"]
    most = dict(zip("ABCDEFGH", puzzle["jug_capacities"], strict=False))
    held = dict.fromkeys(most, 0)
    for move in json.loads(text):
        verb, what = move.split()
        source, _, target = what.partition("->")
        if source not in most or (target and target not in most):
            return False
        if verb == "pour":
            amount = min(held[source], most[target] - held[target])
            held[source] -= amount
            held[target] += amount
        else:
            held[source] = most[source] if verb == "fill" else 0
    return puzzle["target"] in held.values()


def static_evaluation(dataset) -> set[str]:
    """Names of evaluating functions that the scorer, or a helper of its module, calls."""
    kind = type(dataset)
    module = sys.modules[kind.__module__]
    waiting, seen, found = [kind.score_answer], set(), set()
    while waiting:
        function = waiting.pop()
        if function in seen:
            continue
        seen.add(function)
        try:
            tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
        except (OSError, TypeError):
            continue
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            name = getattr(call.func, "id", getattr(call.func, "attr", ""))
            is_method = isinstance(call.func, ast.Attribute)
            helper = getattr(kind, name, None) if is_method else getattr(module, name, None)
            own = inspect.isfunction(helper) and helper.__module__ == module.__name__
            if own:
                waiting.append(helper)
            elif name in EVALUATING and not (
                is_method and call.func.value.__class__ is ast.Constant
            ):
                found.add(name)
    return found - ({"compile"} if "re.compile" in inspect.getsource(module) else set())


def their_score(row: Row, problem, text: str) -> float | None:
    info = problem.info
    request = {
        "dataset": info["dataset"], "config": info["config"], "metadata": info["metadata"],
        "oracle": problem.answer, "answer": text,
    }  # fmt: skip
    try:
        return _SCORERS.call(request)
    except (WorkerError, WorkerTimeoutError):
        row.trips += 1
        return None


def probe(row: Row, canary: Path, rng: random.Random) -> None:
    """Everything asked of their scorer."""
    for index, problem in enumerate(row.entries):
        row.no_oracle += not problem.answer
        row.oracle += bool(problem.answer) and (their_score(row, problem, problem.answer) or 0) >= 1
        # what evaluates text is out already, and would take its whole limit for every long one
        for kind, text in wrong_probes(row, index, canary, rng, long=not row.evaluates):
            score = their_score(row, problem, text)
            row.probes += 1
            if score is not None and score >= 1.0:
                row.paid[kind] = row.paid.get(kind, 0) + 1
            row.part_paid += score is not None and 0.0 < score < 1.0
            if canary.exists():
                canary.unlink()
                row.canaries += 1


def decide(row: Row) -> None:
    """Who judges, and why."""
    faults = []
    if row.evaluates or row.canaries:
        names = ", ".join(sorted(row.evaluates)) or "text"
        faults.append(f"evaluates answers ({names}; {row.canaries} canaries)")
    if row.paid:
        kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(row.paid.items()))
        faults.append(f"full score for garbage: {kinds}")
    if row.oracle + row.no_oracle < len(row.entries):
        faults.append(f"rejects {len(row.entries) - row.oracle - row.no_oracle} of its oracles")
    if row.overrides and not faults:
        row.scorer, row.why = routes.THEIRS, "no fault found"
        return
    row.why = "; ".join(faults) or "the default scorer: one text is right"
    numeric = all(NUMBER.fullmatch(problem.answer) for problem in row.entries)
    plain = "number" if numeric else "expression" if row.name in EXPRESSIONS else "exact"
    row.scorer = OUR_CHECKERS.get(row.name) or plain


def try_final(row: Row, canary: Path, rng: random.Random) -> None:
    """The same probes against our verifier, as a recipe would use it."""
    verifier = ReasoningGym()
    for index, problem in enumerate(row.entries):
        if problem.answer:
            reference = verifier.check_reference(problem)
            row.final_oracle += reference is not None and reference.is_correct
        for kind, text in wrong_probes(row, index, canary, rng):
            verdict = verifier.verify(problem, f"\\boxed{{{text}}}")
            row.final_failed += not verdict.status.is_trainable
            if verdict.score:
                row.final_paid.append(f"{kind}: {text[:60]!r} for {problem.answer[:60]!r}")
            if canary.exists():
                canary.unlink()
                row.final_canaries += 1


def examine(name: str, num_entries: int, canary: Path) -> Row:
    """Draw and probe one dataset."""
    import reasoning_gym
    from reasoning_gym.composite import DatasetSpec
    from reasoning_gym.dataset import ProceduralDataset

    config = COMPOSITE if name == "composite" else {}
    row = Row(
        name, list(Source(dataset=name, config=config).problems("train", num_entries, seed=0))
    )
    specs = {"datasets": [DatasetSpec(**each) for each in config.get("datasets", ())]}
    dataset = reasoning_gym.create_dataset(name, **(specs if config else {}), seed=0, size=1)
    row.overrides = type(dataset).score_answer is not ProceduralDataset.score_answer
    row.evaluates = static_evaluation(dataset) if row.overrides else set()
    rng = random.Random(0)
    probe(row, canary, rng)
    decide(row)
    return row


def page(rows: list[Row], release: str, num_entries: int) -> str:
    """The reference page."""
    theirs = sum(row.scorer == routes.THEIRS for row in rows)
    lines = [
        "# reasoning-gym: who judges which dataset",
        "",
        "Written by `make reasoning-gym-table`; do not edit. How to use it:",
        "[train on reasoning-gym](../how-to/reasoning-gym.md).",
        "",
        f"reasoning-gym {release}, {len(rows)} datasets, {num_entries} problems of each,",
        f"{sum(row.probes for row in rows):,} garbage answers. Their scorer judges {theirs}",
        f"datasets, ours {len(rows) - theirs}. Theirs counts only at a full 1.0: of the garbage it",
        f"paid {sum(row.part_paid for row in rows):,} answers a part of the score, in "
        f"{sum(bool(row.part_paid) for row in rows)} datasets.",
        "",
        "- *oracle*: the dataset's own answers that the judge in use accepts. Datasets without an",
        "  oracle answer have none; that is the dataset's fault, and such problems can be sampled",
        "  and judged, but carry no reference.",
        "- *garbage paid*: of the same probes, by the judge in use. Where many answers are right",
        "  (`graph_color`, `n_queens`), another problem's answer can solve this one too; it is",
        "  then paid, and rightly.",
        "- *why*: what probing their scorer found.",
        "",
        "| dataset | judge | oracle | garbage paid | why |",
        "|---|---|---|---|---|",
    ]
    for row in rows:
        total = len(row.entries) - row.no_oracle
        oracle = f"{row.final_oracle}/{total}" if total else "none given"
        why = row.why.replace("|", "\\|")
        lines.append(f"| {row.name} | {row.scorer} | {oracle} | {len(row.final_paid)} | {why} |")
    return "\n".join([*lines, ""])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=12)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    release = version("reasoning-gym")
    with tempfile.TemporaryDirectory() as folder:
        canary = Path(folder) / "canary"
        rows: list[Row] = []
        lost: list[str] = []
        for name in arguments.only or dataset_names():
            try:
                rows.append(examine(name, arguments.entries, canary))
            except (WorkerError, VerigradError) as error:
                lost.append(f"{name}: {error}"[:300])
                print("DOES NOT LOAD", lost[-1], flush=True)
                continue
            print(name, rows[-1].scorer, rows[-1].why, flush=True)
        chosen = {row.name: row.scorer for row in rows}
        if arguments.write:
            record = {"version": release, "scorers": chosen}
            routes.DECISIONS.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
        routes.decisions.cache_clear()
        for row in rows:
            try_final(row, canary, random.Random(0))
            for fault in row.final_paid[:3]:
                print(f"PAID {row.name}: {fault}", flush=True)
    if arguments.write:
        PAGE.write_text(page(rows, release, arguments.entries), encoding="utf-8")
    summary = {
        "version": release,
        "datasets": len(rows),
        "not_loaded": lost,
        "theirs": sum(row.scorer == routes.THEIRS for row in rows),
        "probes": sum(row.probes for row in rows),
        "their_canaries": sum(row.canaries for row in rows),
        "their_full_scores_for_garbage": sum(sum(row.paid.values()) for row in rows),
        "oracles": sum(len(row.entries) - row.no_oracle for row in rows),
        "oracles_accepted": sum(row.final_oracle for row in rows),
        "without_oracle": [row.name for row in rows if row.no_oracle],
        "oracle_rejected": [
            row.name for row in rows if row.final_oracle < len(row.entries) - row.no_oracle
        ],
        "garbage_paid": sum(len(row.final_paid) for row in rows),
        "canaries": sum(row.final_canaries for row in rows),
        "unscored": sum(row.final_failed for row in rows),
    }
    print(json.dumps(summary))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
