"""`verigrad audit` and `label`, from the command line to the card; and the gate in `train`."""

import json
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from verigrad.audit.gate import CardStore
from verigrad.cli.main import app
from verigrad.pipelines.audit import audit
from verigrad.pipelines.audit_targets import AuditSettings, find_targets, read_data
from verigrad.pipelines.label import Queue
from verigrad.verifiers.showcases import SHOWCASES
from verigrad.verifiers.showcases.fuzz import fuzz_responses

RUNNER = CliRunner()
LEAKY = "def check(response, answer, info):\n    return answer in response\n"


def rows(path, lines):
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


@pytest.fixture
def data(tmp_path):
    return rows(
        tmp_path / "rows.jsonl",
        [
            {"question": "2+2?", "answer": "4", "response": r"It is \boxed{4}", "label": True},
            {"question": "2+3?", "answer": "5", "response": r"not 5 but \boxed{6}", "label": False},
            {"question": "3+3?", "answer": "6", "response": r"\boxed{6.0}", "label": 1},
            {"question": "3+4?", "answer": "7", "response": "it is 7", "label": None},
        ],
    )


def call(*words):
    return RUNNER.invoke(app, list(map(str, words)), catch_exceptions=True)


def test_a_shipped_verifier_is_clean(tmp_path):
    (found,) = audit("exact", store=CardStore((tmp_path,)))
    assert found.objections == ()
    assert sorted(path.name for path in found.folder.iterdir()) == [
        "card.html", "card.json", "card.md", "corpus-exact.jsonl",
    ]  # fmt: skip
    assert CardStore((tmp_path,)).find(found.card.digest) == found.card
    assert "The gate lets it train" in (found.folder / "card.md").read_text()


def test_a_leaky_function_is_refused_with_code_6(tmp_path):
    (tmp_path / "mine.py").write_text(LEAKY)
    done = call("audit", f"{tmp_path / 'mine.py'}:check", "--cards", tmp_path / "cards", "--json")
    assert done.exception is not None
    found = json.loads(done.stdout.splitlines()[0])["audits"][0]
    paid = {row["name"]: row["faults"].get("paid", 0) for row in found["card"]["probes"]}
    assert paid["gold mentioned"] > 0
    assert paid["blank"] == 0
    assert any("gold mentioned" in why for why in found["objections"])
    finding = next(f for f in found["card"]["findings"] if f["probe"] == "gold mentioned")
    assert finding["answer"] in finding["response"]


def test_labels_calibrate_and_a_second_opinion_makes_a_queue(tmp_path, data):
    settings = AuditSettings(data=data, second="exact", second_switches={"answer_in": "boxed"})
    (found,) = audit("math", settings, store=CardStore((tmp_path / "c",)), solve_rate=0.5)
    labelled = found.card.labelled["overall"]
    assert (labelled["right_paid"], labelled["wrong_refused"]) == (2, 1)
    assert found.card.second["agreed"] == 3  # exact does not know that 6.0 is 6
    queue = [json.loads(line) for line in found.queue.read_text().splitlines()]
    assert queue[0]["stratum"].startswith("only the first pays")
    assert queue[0]["answer"] == "6"


def test_labelling_appends_and_goes_on(tmp_path, data):
    queue = rows(
        tmp_path / "queue.jsonl",
        [{"id": str(n), "question": "?", "answer": "4", "response": f"r{n}", "stratum": "s"} for n in range(3)],
    )  # fmt: skip
    done = RUNNER.invoke(app, ["label", str(queue)], input="r\nx\nw\nq\n")
    assert done.exit_code == 0, done.output
    out = tmp_path / "queue-labelled.jsonl"
    assert [json.loads(line)["label"] for line in out.read_text().splitlines()] == [True, False]
    assert Queue.open(queue).num_left == 1


def test_drift_names_what_is_paid_differently(tmp_path):
    store = CardStore((tmp_path,))
    (first,) = audit("math", AuditSettings(switches={"answer_in": "boxed"}), store=store)
    corpus = next(first.folder.glob("corpus-*.jsonl"))
    (same,) = audit(
        "math", AuditSettings(switches={"answer_in": "boxed"}), store=store, against=corpus
    )
    assert same.card.drift["changed"] == 0
    settings = AuditSettings(switches={"answer_in": "hash"})
    (other,) = audit("math", settings, store=store, against=corpus)
    assert other.card.drift["changed"] > 0
    assert other.card.drift["examples"][0]["before"] == 1.0


def test_a_grader_json_is_a_target(tmp_path):
    grader = {"type": "string_check", "name": "same", "operation": "like",
              "input": "{{sample.output_text}}", "reference": "{{item.answer}}"}  # fmt: skip
    path = tmp_path / "grader.json"
    path.write_text(json.dumps(grader))
    (found,) = audit(str(path), AuditSettings(), store=CardStore((tmp_path / "c",)))
    assert any("gold mentioned" in why for why in found.objections)


def test_data_without_responses_reads_problems_only(tmp_path):
    path = rows(tmp_path / "p.jsonl", [{"question": f"{n}?", "answer": str(n)} for n in range(9)])
    problems, responses = read_data(path, most=4)
    assert len(problems) == 4
    assert responses == ()


def test_a_name_that_is_nothing_is_a_usage_error():
    done = call("audit", "nothing-of-the-kind")
    assert "nothing to audit" in str(done.exception)


def test_a_verifier_with_switches_that_writes_no_answer_keeps_its_showcases_samples():
    (plain,), (own,) = (
        find_targets("metamath", AuditSettings(switches=switches))
        for switches in ({}, {"max_proof_chars": 5000})
    )
    assert own.subject.showcase.samples == plain.subject.showcase.samples
    assert own.verifier.digest != plain.verifier.digest


def test_of_no_sample_there_is_nothing_to_fuzz():
    empty = replace(SHOWCASES.load("math")(), samples=())
    assert list(fuzz_responses(empty, seed=0, count=5)) == []


def test_every_task_of_a_recipe_says_where_its_problems_came_from(tmp_path):
    """A name was used twice: the second task's card said what the first one's source was made of."""
    lines = [{"question": f"{n}+{n}?", "answer": str(2 * n)} for n in range(20, 40)]
    path = rows(tmp_path / "rows.jsonl", lines)
    task = '[[task]]\nname = "%s"\nsource = {%s}\nverifier = {kind = "math", answer_in = "boxed"}\n'
    recipe = tmp_path / "two.toml"
    recipe.write_text(
        'name = "two"\n[model]\npath = "nowhere"\n'
        + task % ("read", f'path = "{path}"')
        + task % ("made", 'generator = "addition", digits = 2')
        + "[training]\nsteps = 1\n"
    )
    read, made = find_targets(str(recipe), AuditSettings(most_problems=4))
    assert read.subject.source == "task read of two.toml"
    assert made.subject.source == "task made of two.toml"
    assert read.places == (path,)
    assert made.places == ()
