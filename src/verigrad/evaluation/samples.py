"""What `verigrad eval` writes and `compare` and `gate` read: problems with judged samples."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from verigrad.core.errors import DataError, UsageError
from verigrad.core.statistics import Interval, mean, pass_at_k
from verigrad.evaluation.estimates import Ballot, best_of_k, clustered_interval, majority_at_k
from verigrad.records.atomic import write_json

SCHEMA = "verigrad.samples/1"


@dataclass(frozen=True, slots=True)
class Sample:
    """One judged response. `answer_at` counts the tokens before the answer begins, `score` ranks
    (the mean log-probability of a token), `held_out` is another verifier's word; None: not known.
    `facts` are what the verifier `observed` measured beside its verdict.
    """

    is_correct: bool
    answer: str | None
    num_tokens: int
    response: str
    score: float = 0.0
    answer_at: int | None = None
    held_out: bool | None = None
    facts: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sampled:
    """A problem with its samples."""

    problem: str
    task: str
    samples: tuple[Sample, ...]
    difficulty: str = ""

    def passes(self, k: int) -> float:
        """Unbiased pass@k of this problem."""
        return pass_at_k(len(self.samples), sum(s.is_correct for s in self.samples), k)


@dataclass(frozen=True, slots=True)
class SampleSet:
    """What one model answered."""

    model: str
    verifier: str
    problems: tuple[Sampled, ...]
    held_out_verifier: str = ""
    is_greedy: bool = False

    @property
    def num_samples(self) -> int:
        """The fewest that any problem has."""
        return min(len(problem.samples) for problem in self.problems)

    def of_task(self, task: str) -> SampleSet:
        """Only this task; DataError where there is none of it."""
        own = tuple(problem for problem in self.problems if problem.task == task)
        if not own:
            names = sorted({problem.task for problem in self.problems})
            raise DataError(
                f'"{self.model}" was not asked the task "{task}"',
                remedy=f"tasks there: {', '.join(names)}",
            )
        return SampleSet(self.model, self.verifier, own, self.held_out_verifier, self.is_greedy)


def write_samples(path: Path, samples: SampleSet) -> None:
    """As JSON."""
    write_json(path, {"schema": SCHEMA, **asdict(samples)})


def read_samples(path: Path) -> SampleSet:
    """What `write_samples` wrote; UsageError or DataError for anything else."""
    try:
        value: dict[str, Any] = json.loads(path.read_text("utf-8"))
        if value.pop("schema") != SCHEMA:
            raise KeyError("schema")
        problems = tuple(
            Sampled(**{**p, "samples": tuple(Sample(**s) for s in p["samples"])})
            for p in value.pop("problems")
        )
        return SampleSet(problems=problems, **value)
    except OSError as error:
        raise UsageError("cannot read samples", where=str(path), cause=str(error)) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(
            "not a file of samples",
            where=str(path),
            cause=f"{type(error).__name__}: {error}",
            remedy="write one by verigrad eval ... --out FILE.json",
        ) from error


@dataclass(frozen=True, slots=True)
class Measure:
    """A named number with its interval over problems."""

    name: str
    interval: Interval


def powers(limit: int) -> list[int]:
    """1, 2, 4, ... up to `limit`.

    >>> powers(6)
    [1, 2, 4]
    """
    return [1 << i for i in range(limit.bit_length())]


def measures(samples: SampleSet) -> list[Measure]:
    """pass@k, maj@k and best-of-k at the powers of two; the held-out verifier's pass@1; facts."""
    found: list[Measure] = []
    for k in powers(samples.num_samples):
        columns = {
            f"pass@{k}": [p.passes(k) for p in samples.problems],
            f"maj@{k}": [majority_at_k(_ballots(p), k) for p in samples.problems],
            f"best-of-{k}": [best_of_k(_ranked(p), k) for p in samples.problems],
        }
        names = columns if k > 1 else ["pass@1"]
        found += [Measure(name, clustered_interval(columns[name])) for name in names]
    if all(s.held_out is not None for p in samples.problems for s in p.samples):
        held = [mean([float(bool(s.held_out)) for s in p.samples]) for p in samples.problems]
        found.append(Measure("held-out verifier pass@1", clustered_interval(held)))
    for fact in sorted({name for p in samples.problems for s in p.samples for name in s.facts}):
        told = [mean([float(s.facts.get(fact, 0.0)) for s in p.samples]) for p in samples.problems]
        found.append(Measure(fact, clustered_interval(told)))
    return found


def by_difficulty(samples: SampleSet) -> dict[str, Interval]:
    """pass@1 of each difficulty that the task file names."""
    names = sorted({p.difficulty for p in samples.problems if p.difficulty})
    return {
        name: clustered_interval([p.passes(1) for p in samples.problems if p.difficulty == name])
        for name in names
    }


def mean_tokens(samples: SampleSet) -> float:
    """Of a response."""
    return mean([float(s.num_tokens) for p in samples.problems for s in p.samples])


def mean_answer_at(samples: SampleSet) -> float | None:
    """Tokens before the answer, of the samples that give one; None where none does."""
    found = [s.answer_at for p in samples.problems for s in p.samples if s.answer_at is not None]
    return mean([float(at) for at in found]) if found else None


def _ballots(problem: Sampled) -> Sequence[Ballot]:
    return [Ballot(s.answer, s.is_correct) for s in problem.samples]


def _ranked(problem: Sampled) -> Sequence[tuple[float, bool]]:
    return [(s.score, s.is_correct) for s in problem.samples]
