"""The page as a whole: what it says, what it holds, and what model text cannot do to it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from fake_run import RECIPE, Policy, make_run, step_records

from verigrad.core.errors import DataError
from verigrad.core.types import Judged, Message, Problem, Reward
from verigrad.core.verdict import Extracted, Reason
from verigrad.records import chain
from verigrad.records.metric_table import Metric, known_metrics
from verigrad.records.rollouts import Fate, RolloutRecord
from verigrad.records.run import RunFolder
from verigrad.reports.browser import response_parts
from verigrad.reports.facts import read_run
from verigrad.reports.page import unhealthy_metrics
from verigrad.reports.report import write_report
from verigrad.reports.tokens import pieces_of, read_vocabulary
from verigrad.reports.words import outcome
from verigrad.verifiers.base import correct, rejected

SMALL: dict[str, Any] = {"num_steps": 6, "num_groups": 4, "num_rollouts": 4, "num_problems": 64}
ATTACKS = [
    "</script><script>document.title='owned'</script>",
    "<!--<script>",
    "<img src=x onerror=\"document.title='owned'\">",
    "]]></style><style>*{display:none}</style>",
    "'\"`${document.title='owned'}`",
    "\u2028\u2029\u202e evil \x00 \ud83d half a pair",
    "&lt;b&gt; &amp;amp; $name $$ ${script}",
]


class Page(HTMLParser):
    """Elements of a page, and the JSON of its data blocks."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.text = path.read_text("utf-8")
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.words: list[str] = []
        self.feed(self.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "script":
            self.scripts.append("")

    def handle_data(self, data: str) -> None:
        if self.cdata_elem == "script":
            self.scripts[-1] += data
        elif self.cdata_elem is None:
            self.words.append(data)

    @property
    def said(self) -> str:
        return " ".join(" ".join(self.words).split())

    @property
    def rollouts(self) -> list[dict[str, Any]]:
        return json.loads(self.scripts[1])["rows"]


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> RunFolder:
    folder = tmp_path_factory.mktemp("runs")
    make_run(folder / "control", learns=False, **SMALL)
    return make_run(folder / "run", control_run="../control", **SMALL)


def test_the_page_says_what_happened(run: RunFolder) -> None:
    page = Page(write_report(run.path))
    before, after = run.evaluations()["before"], run.evaluations()["after"]
    assert (
        f"From {100 * before.accuracy:.1f} % to {100 * after.accuracy:.1f} % on 64 problems"
        in page.said
    )
    assert "Held-out accuracy rose by" in page.said
    for fact in ("dr_grpo", "1.87 million parameters", "41.3 s", "69.8 s", "math", "control after"):
        assert fact in page.said
    assert run.evaluations()["after"].verifier_digest in page.said
    for title in (
        "Reward and score",
        "Why the verifier said so",
        "Response length",
        "Gradient norm",
    ):
        assert title in page.said
    assert "96 of 96 rollouts of training and 128 of 128 responses of evaluations" in page.said
    assert "The control with random rewards went from" in page.said


def test_the_page_is_one_file_that_asks_for_nothing(run: RunFolder) -> None:
    page = Page(write_report(run.path))
    for tag, attributes in page.tags:
        assert tag not in {"link", "img", "iframe", "object", "embed", "base", "form"}
        assert not {"src", "href", "action", "srcset", "onclick", "onload"} & set(attributes)
    assert "url(" not in page.text
    assert "@import" not in page.text
    assert re.findall(r"https?://[^\"' ]+", page.text) == ["http://www.w3.org/2000/svg"]
    [policy] = [
        a["content"] for t, a in page.tags if a.get("http-equiv") == "Content-Security-Policy"
    ]
    digest = base64.b64encode(hashlib.sha256(page.scripts[2].encode()).digest()).decode()
    assert policy is not None
    assert policy.startswith("default-src 'none'")
    assert f"script-src 'sha256-{digest}'" in policy


def test_the_page_repeats_and_is_in_the_chain(run: RunFolder) -> None:
    first = write_report(run.path).read_text()
    second = write_report(run.path).read_text()
    strip = re.compile("last link before this page: [0-9a-f]+")
    assert strip.sub("", first) == strip.sub("", second)
    assert chain.verify_chain(run.path) == []


def test_reports_need_neither_torch_nor_numpy(run: RunFolder) -> None:
    code = (
        "import sys; from pathlib import Path; from verigrad.reports.report import write_report\n"
        "write_report(Path(sys.argv[1])); print(sorted({'torch', 'transformers', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(run.path)], capture_output=True, text=True, check=True
    )
    assert "torch" not in done.stdout
    assert "transformers" not in done.stdout


def test_rollouts_on_the_page_are_those_recorded(run: RunFolder) -> None:
    rows = [row for row in Page(write_report(run.path)).rollouts if row["source"] == "training"]
    recorded = list(run.rollouts())
    assert len(rows) == len(recorded) == 96
    for row, record in zip(rows, recorded, strict=True):
        verdict = record.judged.verdict
        assert "".join(text for text, _ in row["response"]) == record.judged.rollout.response
        assert [text for text, kind in row["response"] if kind == "answer"] == (
            [verdict.extracted.text] if verdict.extracted else []
        )
        assert (row["reason"], row["score"]) == (verdict.reason, verdict.score)
        assert row["ours"] == verdict.canonical_response
        assert row["advantage"] == pytest.approx(record.advantage, rel=1e-3)
        assert "".join(row["tokens"]["pieces"]) == record.judged.rollout.response


def test_a_page_of_a_large_run_shows_whole_groups_and_says_how_many(run: RunFolder) -> None:
    page = Page(write_report(run.path, max_rollouts=20))
    assert "20 of 96 rollouts of training and 10 of 128 responses" in page.said
    trained = [row for row in page.rollouts if row["source"] == "training"]
    assert (len(trained), len(page.rollouts)) == (20, 30)
    groups = {(row["step"], row["group"]) for row in trained}
    assert len(groups) == 5


def attack_run(path: Path) -> RunFolder:
    """Every text that a model, a data set or a plug-in controls is an attack."""
    run = RunFolder.create(
        path,
        RECIPE + "# " + ATTACKS[0],
        resolved={"name": ATTACKS[0]},
        environment={"x": ATTACKS[2]},
    )
    records = []
    for index, attack in enumerate(ATTACKS):
        problem = Problem(
            prompt=(Message("user", attack),), answer=attack, info={"a": attack}, task=attack
        )
        item = step_records(Policy(1.0, 1.0), step=1, num_groups=1, num_rollouts=1)[0].judged
        found = Extracted(attack, 1, 1 + len(attack), attack)
        verdict = rejected(
            Reason.WRONG,
            extracted=found,
            canonical_response=attack,
            method="m",
            evidence={attack: attack},
        )
        rollout = replace(
            item.rollout, problem=problem, messages=(Message("assistant", f"x{attack}y"),)
        )
        reward = Reward(0.0, {attack: 0.0})
        records.append(RolloutRecord(1, index, Judged(rollout, verdict, reward), 0.0, Fate.TRAINED))
    run.write_rollouts(1, records)
    table = known_metrics().with_([Metric("mine/<b>", "x")])
    run.metrics_writer(table=table).write(1, {"reward/mean": 0.0, "mine/<b>": 1.0})
    return run


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    page = Page(write_report(attack_run(tmp_path / "run").path))
    assert len(page.scripts) == 3
    assert [tag for tag, _ in page.tags if tag in {"img", "b", "style", "script"}].count(
        "style"
    ) == 1
    assert not [tag for tag, _ in page.tags if tag == "img"]
    for row, raw in zip(page.rollouts, ATTACKS, strict=True):
        attack = raw.replace("\ud83d", "\ufffd")
        assert row["prompt"] == [["user", attack]]
        assert row["response"] == [["x", ""], [attack, "answer"], ["y", ""]]
    assert ATTACKS[0] in page.said


CHROMIUM = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
@pytest.mark.slow
def test_a_browser_runs_the_page_and_nothing_in_it(tmp_path: Path) -> None:
    path = write_report(attack_run(tmp_path / "run").path)
    flags = (
        "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync "
        "--disable-background-networking --disable-component-update --virtual-time-budget=3000"
    )
    command = [str(CHROMIUM), *flags.split(), f"--user-data-dir={tmp_path / 'profile'}"]
    for index in range(len(ATTACKS)):
        url = f"{path.as_uri()}#rollout-{index}"
        done = subprocess.run(
            [*command, "--dump-dom", url], capture_output=True, text=True, timeout=60, check=True
        )
        assert "<title>owned" not in done.stdout
        assert 'aria-expanded="true"' in done.stdout  # the script ran and opened the row
        assert "<mark>" in done.stdout
        assert "<img" not in done.stdout


def test_a_run_that_goes_on_has_a_page(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", ending=None, **SMALL)
    said = Page(write_report(run.path)).said
    assert "The run has not ended: this is what was recorded up to step 6." in said


def test_a_run_with_one_evaluation_says_that_one(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", ending=None, **SMALL)
    found = run.evaluations()["before"]
    said = Page(write_report(run.path)).said
    assert f"Held-out accuracy is {100 * found.accuracy:.1f} % before training" in said
    assert "On 64 problems" in said


def test_a_killed_run_has_a_page(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", ending=None, **SMALL)
    for name in ("metrics.jsonl", "times.jsonl", "chain.jsonl"):
        with (run.path / name).open("a") as stream:
            stream.write('{"step": 7, "rew')
    (run.path / "rollouts" / "step_000007.parquet.partial").write_bytes(b"PAR1")
    assert "recorded up to step 6." in Page(write_report(run.path)).said


def test_a_halted_run_says_why(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", ending="halted", **SMALL)
    assert "halted after step 6: loss/total is nan in step 12" in Page(write_report(run.path)).said


def test_a_run_that_has_only_begun_has_a_page(tmp_path: Path) -> None:
    RunFolder.create(tmp_path / "run", RECIPE, resolved={}, environment={})
    said = Page(write_report(tmp_path / "run")).said
    assert "No evaluation was recorded" in said
    assert "up to step 0" in said


def test_no_run_no_page(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="not a run folder"):
        write_report(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_seconds_are_told_by_the_events_where_nobody_noted_them(run: RunFolder) -> None:
    facts = read_run(run.path)
    assert (facts.train_s, facts.total_s) == (41.3, 69.8)
    events = [{"event": "started", "at": "2026-11-20T10:00:00Z"}]
    finished = {"event": "finished", "at": "2026-11-20T10:01:05+00:00"}
    timed = [{"step": 1, "time/step_s": 0.5}, {"step": 2, "time/step_s": 0.25}]
    bare = replace(facts, events=[*events, finished], metrics=timed)
    assert (bare.train_s, bare.total_s) == (0.75, 65.0)
    resumed = {"event": "resumed", "at": "2026-11-21T10:00:00Z"}
    assert replace(facts, events=[*events, resumed, finished]).total_s is None
    assert replace(facts, events=events).total_s is None


def test_a_change_within_the_noise_is_not_called_one(tmp_path: Path) -> None:
    facts = read_run(make_run(tmp_path / "run", learns=False, **SMALL).path)
    found = outcome(facts)
    assert (found.headline, found.mood) == ("Held-out accuracy did not change measurably", "flat")
    worse = {
        **facts.evaluations,
        "after": replace(facts.evaluations["after"], accuracy=0.02, low=0.0, high=0.1),
    }
    assert outcome(replace(facts, evaluations=worse)).mood == "bad"


def test_metrics_outside_their_healthy_range_are_listed(run: RunFolder) -> None:
    facts = read_run(run.path)
    assert unhealthy_metrics(facts) == []
    sick = [{**line, "kl/reference": 0.9 if line["step"] > 4 else 0.1} for line in facts.metrics]
    [line] = unhealthy_metrics(replace(facts, metrics=sick))
    assert line.startswith("kl/reference")
    assert "healthy from 0 to 0.5" in line
    assert line.endswith("2 steps, first 5")


def test_spans_outside_the_response_mark_nothing() -> None:
    verdict = correct(extracted=Extracted("x", 5, 9, "boxed"))
    assert response_parts("abc", verdict) == [["abc", ""]]
    assert response_parts("\U0001f600ab", correct(extracted=Extracted("a", 1, 2, "x"))) == [
        ["\U0001f600", ""],
        ["a", "answer"],
        ["b", ""],
    ]


def test_byte_level_vocabularies_are_read_as_tokenizers_reads_them(tmp_path: Path) -> None:
    """Letters as in GPT-2's table: a space is U+0120, a newline U+010A, e-acute's bytes C3 A9."""
    folder = tmp_path / "checkpoints" / "step_000001"
    folder.mkdir(parents=True)
    content = {
        "model": {"vocab": {"\u0120the": 0, "\u010a": 1, "\u00c3\u00a9": 2, "<end>": 3}},
        "decoder": {"type": "ByteLevel"},
        "added_tokens": [{"id": 3, "content": "<end>", "special": True}],
    }
    (folder / "tokenizer.json").write_text(json.dumps(content))
    vocabulary = read_vocabulary(tmp_path)
    assert vocabulary == {0: " the", 1: "\n", 2: "\u00e9", 3: ""}
    assert pieces_of([0, 2, 3], vocabulary=vocabulary, text=" the\u00e9") == [" the", "\u00e9", ""]
    assert pieces_of([0, 9], vocabulary=vocabulary, text=" the") is None
    assert read_vocabulary(folder) == {}


def test_tables_of_a_charts_page_are_tables(tmp_path):
    from verigrad.reports.charts_page import write_charts_page

    text = "Of 3 runs:\n\n| run | right |\n|---|---:|\n| a < b | 40 % |\n| c | |\n\nThat is all."
    write_charts_page(tmp_path / "p.html", title="t", words=[], text=text, panels=[])
    page = (tmp_path / "p.html").read_text()
    assert "<tr><th>run</th><th>right</th></tr><tr><td>a &lt; b</td><td>40 %</td></tr>" in page
    assert "<tr><td>c</td><td></td></tr>" in page
    assert "<pre>Of 3 runs:</pre>" in page
    assert "---" not in page
