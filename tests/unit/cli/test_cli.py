"""The command line as a user meets it: verbs, JSON, exit codes, files."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from verigrad.cli.main import main

ROOT = Path(__file__).parents[3]


def call(capsys, *words):
    """Exit code, standard output, standard error."""
    try:
        main(list(words))
        code = 0
    except SystemExit as ended:
        code = ended.code or 0
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_import_is_quick_and_light():
    program = (
        "import sys, time; start = time.perf_counter(); import verigrad; "
        "print(time.perf_counter() - start, 'torch' in sys.modules, 'pydantic' in sys.modules)"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True
        ).stdout.split()
        for _ in range(5)
    ]
    assert min(float(seconds) for seconds, *_ in runs) < 0.150
    assert {tuple(rest) for _, *rest in runs} == {("False", "False")}


def test_verifying_needs_no_torch():
    program = (
        "import sys; from verigrad.verifiers import math; from verigrad.cli import verify; "
        r"assert math.verify(r'\boxed{42}', '42').is_correct; "
        "print([name for name in ('torch', 'transformers', 'sympy', 'numpy') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_help_names_every_verb(capsys):
    code, out, _ = call(capsys, "--help")
    assert code == 0
    for verb in ("demo", "train", "eval", "verify", "report", "config", "doctor"):
        assert verb in out


def test_one_pair(capsys):
    code, out, _ = call(
        capsys, "verify", "math", "--answer", "1/2", "--response", r"so \boxed{0.5}", "--json"
    )
    verdict = json.loads(out)
    assert (code, verdict["status"], verdict["score"], verdict["reason"]) == (
        0,
        "scored",
        1.0,
        "correct",
    )
    assert verdict["extracted"] == "0.5"


def test_explain_names_both_forms_and_the_rule(capsys):
    _, out, _ = call(
        capsys, "verify", "math", "--answer", "1/2", "--response", r"\boxed{0.5}", "--explain"
    )
    for word in ("extracted", "canonical_response", "canonical_reference", "method", "certainty"):
        assert word in out


def test_a_file_of_rows_with_dotted_fields(capsys, tmp_path):
    rows = [
        {"gold": "4", "model": {"said": r"\boxed{4}"}},
        {"gold": "5", "model": {"said": r"\boxed{6}"}},
        {"gold": "5", "model": {"said": "none"}},
    ]
    source, out_path = tmp_path / "rows.jsonl", tmp_path / "verdicts.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in rows))
    words = ["verify", "math", "--input", str(source), "--response-field", "model.said"]
    code, out, _ = call(capsys, *words, "--answer-field", "gold", "--out", str(out_path), "--json")
    summary = json.loads(out)
    assert code == 0
    assert summary["rows"] == 3
    verdicts = [json.loads(line) for line in out_path.read_text().splitlines()]
    assert [v["reason"] for v in verdicts] == ["correct", "wrong", "no_answer"]
    assert summary["by_reason"] == {"correct": 1, "wrong": 1, "no_answer": 1}


def test_a_parquet_file_gives_the_same(capsys, tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    source = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"response": [r"\boxed{1}"], "answer": ["1"]}), source)
    code, out, _ = call(capsys, "verify", "math", "--input", str(source), "--json")
    assert (code, json.loads(out)["by_reason"]) == (0, {"correct": 1})


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["verify", "mth", "--answer", "1", "--response", "1"], 3, 'did you mean "math"'),
        (
            ["verify", "math", "--set", "strictt=1", "--answer", "1", "--response", "1"],
            3,
            "strictt",
        ),
        (["verify", "math"], 2, "give --answer and --response"),
        (["verify", "math", "--input", "no-such-file.jsonl"], 4, "no-such-file.jsonl"),
        (["train", "no-such-recipe.toml"], 3, "ls recipes/"),
        (["report", "no-such-run"], 4, "not a run folder"),
        (
            ["config", str(ROOT / "recipes/quickstart.toml"), "--why", "training.stepps"],
            2,
            "training.steps",
        ),
        (["train", str(ROOT / "recipes/r1/recipe.toml")], 2, "verigrad run"),
        (["run", str(ROOT / "recipes/quickstart.toml")], 2, "verigrad train"),
        (["nonsense"], 2, "nonsense"),
    ],
)
def test_errors_say_what_to_do_and_have_their_exit_code(capsys, words, code, says):
    found, out, err = call(capsys, *words)
    assert found == code
    assert says in out + err
    assert "Traceback" not in out + err


def test_a_missing_field_names_the_fields_there_are(capsys, tmp_path):
    source = tmp_path / "rows.jsonl"
    source.write_text('{"answer": "1", "respones": "1"}\n')
    code, _, err = call(
        capsys, "verify", "math", "--input", str(source), "--out", str(tmp_path / "out.jsonl")
    )
    assert code == 4
    assert 'did you mean "respones"' in err
    assert not (tmp_path / "out.jsonl").exists()


def test_config_says_where_values_come_from(capsys):
    recipe = str(ROOT / "recipes/quickstart.toml")
    code, out, _ = call(capsys, "config", recipe, "--set", "training.steps=7", "--json")
    values = json.loads(out)
    assert code == 0
    assert values["training.steps"] == {"value": 7, "from": "--set training.steps=7"}
    assert values["rollouts.top_p"]["from"] == "default"
    assert values["objective.preset"]["from"].startswith("quickstart.toml:")


def test_doctor_names_device_and_sandbox_levels(capsys):
    code, out, _ = call(capsys, "doctor", "--json")
    names = {check["name"] for check in json.loads(out)["checks"]}
    assert code == 0
    assert {"python", "device", "sandbox namespaces", "sandbox process", "verifier math"} <= names


def test_version_and_module(capsys):
    assert call(capsys, "--version")[1].startswith("verigrad ")
    done = subprocess.run(
        [sys.executable, "-m", "verigrad", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("verigrad ")
