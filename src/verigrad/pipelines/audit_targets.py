"""What can be audited: a verifier's name, a recipe, a function of a file, a grader, a service."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from verigrad.audit.cases import Subject
from verigrad.audit.corpora.problems import built_in_problems
from verigrad.audit.foreign.function import ForeignFunction
from verigrad.audit.foreign.service import RewardService
from verigrad.audit.forms import FORMS, Form, form_of, read_in_any
from verigrad.audit.opinions import Response
from verigrad.audit.replay import replay
from verigrad.audit.stability import Replay
from verigrad.audit.subject import of_problems, of_showcase
from verigrad.core.config import Bound
from verigrad.core.errors import ConfigError, DataError, SetupError, UsageError
from verigrad.core.recipe import Recipe
from verigrad.core.stages import read_either
from verigrad.core.types import Problem
from verigrad.judging.bind import bind_tasks, make_verifier
from verigrad.judging.task import Task
from verigrad.tasks.columns import choose_columns
from verigrad.tasks.dataset import ProblemReader
from verigrad.tasks.prompts import PromptTemplate
from verigrad.tasks.rows import iter_rows, open_rows
from verigrad.verifiers.base import Verifier
from verigrad.verifiers.showcases import SHOWCASES
from verigrad.verifiers.showcases.trial import fact, probe_pairs, replay_all

_RESPONSES = ("response", "completion", "output", "generation", "model_response")
_LABELS = ("label", "is_correct", "correct", "human_label")


@dataclass(frozen=True, slots=True)
class AuditSettings:
    """data: rows of problems (and of responses, where they have such a column). most_problems of
    them are audited. form: where a response gives its answer, "{}" for it. switches go to the
    verifier. second: another verifier's name, with its own switches.
    """

    data: Path | None = None
    most_problems: int = 64
    form: str | None = None
    switches: Mapping[str, Any] | None = None
    second: str | None = None
    second_switches: Mapping[str, Any] | None = None
    full: float = 1.0


@dataclass(frozen=True)
class Target:
    """One verifier to audit: a subject, where else it can be asked, responses of its data; and
    `places` on this machine where the answers lie.
    """

    subject: Subject
    replays: Mapping[str, Replay]
    responses: tuple[Response, ...] = ()
    second: Verifier | None = None
    switches: Mapping[str, Any] | None = None
    places: tuple[Path, ...] = ()

    @property
    def verifier(self) -> Verifier:
        """Who is audited."""
        return self.subject.verifier


def find_targets(name: str, settings: AuditSettings) -> list[Target]:
    """The verifiers that a target names; UsageError where it names nothing."""
    if name.endswith(".toml"):
        return _of_recipe(Path(name), settings)
    if name.startswith(("http://", "https://")):
        service = RewardService(url=name, full=settings.full, **_switches(settings))
        return [_on_data(name, service, settings)]
    if name.endswith(".json"):
        return [_on_data(name, _grader(Path(name), settings), settings)]
    if ".py:" in name:
        return [_of_function(name, settings)]
    if name in SHOWCASES.names:
        return [_of_name(name, settings)]
    raise UsageError(
        f"nothing to audit is called {name!r}",
        remedy="give a verifier's name (`verigrad verify --list`), a recipe.toml, "
        "file.py:function, a grader.json or the URL of a reward service",
    )


def _switches(settings: AuditSettings) -> dict[str, Any]:
    return dict(settings.switches or {})


def _forms(settings: AuditSettings) -> tuple[Form, ...]:
    if settings.form is None:
        return FORMS
    try:
        return (form_of(settings.form),)
    except ValueError as error:
        raise UsageError(str(error), remedy="for instance --form 'Answer: {}'") from None


def _second(settings: AuditSettings) -> Verifier | None:
    if settings.second is None:
        return None
    return make_verifier(settings.second, dict(settings.second_switches or {}))


def _on_data(
    name: str,
    verifier: Verifier,
    settings: AuditSettings,
    *,
    replays: Mapping[str, Replay] | None = None,
) -> Target:
    """A verifier on the rows of the data, or on the built-in problems where there are none."""
    if settings.data is None:
        problems, source = built_in_problems(), "the built-in problems that it reads"
        problems = read_in_any(verifier.verify, problems, _forms(settings))
        responses: tuple[Response, ...] = ()
    else:
        problems, responses = read_data(settings.data, most=settings.most_problems)
        source = settings.data.name
    subject = of_problems(
        name,
        verifier,
        problems,
        forms=_forms(settings),
        source=source,
        max_fuzz=_max_fuzz(verifier.name),
    )
    places = () if settings.data is None else (settings.data,)
    return Target(subject, replays or {}, responses, _second(settings), _switches(settings), places)


def _max_fuzz(kind: str) -> int | None:
    """How many inputs are enough where a judgement is dear, as its showcase says."""
    return SHOWCASES.load(kind)().max_fuzz if kind in SHOWCASES.names else None


def _of_name(name: str, settings: AuditSettings) -> Target:
    if settings.data is not None:
        switches = _switches(settings)
        elsewhere = {"in another process": partial(replay, name, switches)}
        return _on_data(name, make_verifier(name, switches), settings, replays=elsewhere)
    showcase = SHOWCASES.load(name)()
    if showcase.missing:
        raise SetupError(f"`{name}` cannot be audited here: {showcase.missing}")
    if settings.switches:
        plain = showcase.verifier.policy.model_dump(exclude_defaults=True)
        verifier = make_verifier(name, {**plain, **settings.switches})
        problems = [sample.problem for sample in showcase.samples]
        subject = of_problems(
            name, verifier, problems, source="the problems of its showcase",
            max_fuzz=showcase.max_fuzz,
        )  # fmt: skip
        if not subject.showcase.samples:  # it writes no answer itself: those of the showcase
            subject = of_showcase(name, replace(showcase, verifier=verifier))
        return Target(subject, {}, second=_second(settings), switches=_switches(settings))
    subject = of_showcase(name, showcase)

    def at_home(pairs: Any) -> list[str | None]:
        spec = SHOWCASES.table[name]
        places = [(problem.id, text) for problem, text in probe_pairs(showcase)]
        facts = replay_all([spec])[spec]
        if len(facts) != len(places):  # a complaint, which equals nothing
            return [facts[0] for _ in pairs]
        known = dict(zip(places, facts, strict=True))
        return [known.get((problem.id, text)) for problem, text in pairs]

    replays = {"in another process": at_home} if name in SHOWCASES.table else {}
    return Target(subject, replays, second=_second(settings), switches={})


def _of_function(name: str, settings: AuditSettings) -> Target:
    switches = {"function": name, "full": settings.full, **_switches(settings)}
    verifier = ForeignFunction(**switches)
    _ = verifier.style  # ConfigError now where it cannot be called

    def at(elsewhere: ForeignFunction) -> Replay:
        def called(pairs: Any) -> list[str | None]:
            try:
                return [fact(elsewhere.verify(*pair)) for pair in pairs]
            finally:
                elsewhere.close()

        return called

    replays = {
        "called in a thread": at(verifier.elsewhere("thread")),
        "called under asyncio": at(verifier.elsewhere("asyncio")),
        "in a process with another hash seed": at(verifier.elsewhere("main", hash_seed="12345")),
    }
    return _on_data(name, verifier, settings, replays=replays)


def _grader(path: Path, settings: AuditSettings) -> Verifier:
    try:
        grader = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"{path} is no grader", cause=str(error), remedy="give a file with one grader's JSON"
        ) from None
    return make_verifier("grader", {"grader": grader, **_switches(settings)})


def _of_recipe(path: Path, settings: AuditSettings) -> list[Target]:
    return targets_of(read_either(path), settings, source=f" of {path.name}")


def targets_of(bound: Bound, settings: AuditSettings, *, source: str = "") -> list[Target]:
    """Every task of a bound recipe."""
    recipe = bound.recipe
    sections = {section.name: section for section in recipe.task}
    targets = []
    for name, task in bind_tasks(recipe, provenance=bound.provenance).items():
        problems = _problems(task, recipe, settings.most_problems)
        responses: tuple[Response, ...] = ()
        if settings.data is not None:
            _, responses = read_data(settings.data, most=settings.most_problems)
        subject = of_problems(
            name,
            task.verifier,
            list(problems),
            forms=_forms(settings),
            source=f"task {name}{source}",
            max_fuzz=_max_fuzz(task.verifier.name),
        )
        second = _second(settings) or task.shadow
        part = sections[name].verifier
        elsewhere = {"in another process": partial(replay, part.kind, part.switches)}
        files = (sections[name].source.path, settings.data)
        places = tuple(Path(path) for path in files if path is not None)
        targets.append(Target(subject, elsewhere, responses, second, part.switches, places))
    return targets


def _problems(task: Task, recipe: Recipe, most: int) -> Sequence[Problem]:
    """Training problems, each once; as many as a step draws where the source has no more."""
    try:
        found = task.source.train(most, step=1, seed=recipe.seed)
    except DataError:
        fewer = min(most, recipe.training.problems_per_step)
        found = task.source.train(fewer, step=1, seed=recipe.seed)
    return list({problem.id: problem for problem in found}.values())


def read_data(path: Path, *, most: int) -> tuple[list[Problem], tuple[Response, ...]]:
    """The first `most` different problems of a file, and every response that a row has.

    A row may have a response ("response", "completion", ...) and a label of it ("label", ...:
    true, false, 1, 0); DataError for a label of another kind.
    """
    rows = open_rows(path)
    columns = choose_columns(rows, where=str(path))
    first = rows[0]
    used = {columns.prompt, columns.answer, columns.solution}
    response_field = next((name for name in _RESPONSES if name in first), None)
    label_field = next((name for name in _LABELS if name in first), None)
    used |= {response_field, label_field}
    info = tuple(name for name in first if name not in used)
    reader = ProblemReader(columns, PromptTemplate(), "", info)
    problems: dict[str, Problem] = {}
    responses = []
    for number, row in enumerate(iter_rows(path), start=1):
        where = f"{path}, row {number}"
        problem = reader.read(row, where=where)
        if len(problems) < most:
            problems.setdefault(problem.id, problem)
        if response_field is not None and isinstance(row.get(response_field), str):
            label = _label(row.get(label_field), where=where) if label_field else None
            responses.append(Response(problem, row[response_field], label))
        elif response_field is None and len(problems) >= most:
            break
    return list(problems.values()), tuple(responses)


def _label(value: Any, *, where: str) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    if value in (0, 1):
        return bool(value)
    raise DataError(
        f"a label must be true or false, not {value!r:.40}",
        where=where,
        cause="another column of that name",
        remedy="rename the column, or write true, false, 1 or 0",
    )


def read_labels(path: Path) -> Sequence[Response]:
    """The rows that `verigrad label` wrote: question, answer, response, label."""
    found = []
    for number, row in enumerate(iter_rows(path), start=1):
        label = _label(row.get("label"), where=f"{path}, row {number}")
        problem = Problem.of(str(row["question"]), row["answer"])
        found.append(Response(problem, row["response"], label))
    return found
