"""`sample`: streaming, resumable after kill -9, judged, in bounded memory."""

import json
import os
import signal
import sys
import time
import tracemalloc
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "rollouts"))
from small_models import make_tokenizer

from verigrad.cli.main import main
from verigrad.core.errors import DataError, UsageError
from verigrad.core.recipe import Build
from verigrad.judging.bind import make_verifier
from verigrad.pipelines.sample import (
    SampleSettings,
    part_path,
    sample_file,
)
from verigrad.pipelines.sampling_engine import open_engine
from verigrad.rollouts.engines.scripted import ScriptedEngine
from verigrad.rollouts.sampling import SamplingParameters
from verigrad.training.policy import build_policy

TOKENIZER = make_tokenizer()
SAMPLING = SamplingParameters(max_output_tokens=40)


def encode(problem):
    return tuple(TOKENIZER.encode(problem.prompt[-1].content, add_special_tokens=False))


def answering(prompt, sample):
    """`n + n = ` is answered rightly by even samples."""
    number = int(prompt.split("+")[0])
    return f"\\boxed{{{2 * number + sample % 2}}}"


def write_prompts(path, count):
    rows = [{"question": f"{i}+{i}", "answer": str(2 * i), "note": "n"} for i in range(count)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def run(path, out, *, script=answering, verifier=None, resume=False, seen=None, **settings):
    settings = {"prompts_per_part": 4, "num_samples": 2, **settings}
    return sample_file(
        path,
        out,
        engine=ScriptedEngine(script, TOKENIZER, max_context=60),
        encode=encode,
        settings=SampleSettings(sampling=SAMPLING, answer_field="answer", **settings),
        verifier=verifier,
        resume=resume,
        progress=(seen.append if seen is not None else lambda _: None),
    )


def read(out):
    return pq.read_table(out / "parts").to_pylist()


def contents(out):
    return {p.name: p.read_bytes() for p in sorted((out / "parts").iterdir())}


def test_every_row_is_answered_in_order_and_judged(tmp_path):
    path = write_prompts(tmp_path / "in.jsonl", 10)
    seen = []
    summary = run(path, tmp_path / "out", verifier=make_verifier("math", {}), seen=seen)
    rows = read(tmp_path / "out")
    assert [(r["row"], r["sample"]) for r in rows] == [(i, s) for i in range(10) for s in (0, 1)]
    assert rows[6]["response"] == "\\boxed{6}"
    assert rows[6]["prompt"] == [{"role": "user", "content": "3+3"}]
    assert (rows[6]["answer_json"], rows[6]["score"], rows[6]["reason"]) == ('"6"', 1.0, "correct")
    assert (rows[7]["score"], rows[7]["reason"]) == (0.0, "wrong")
    assert len(rows[6]["logps"]) == len(rows[6]["response_ids"])
    assert [p.prompts for p in seen] == [4, 8, 10]
    assert (summary.prompts, summary.responses, summary.correct, summary.scored) == (10, 20, 10, 20)
    assert len(list((tmp_path / "out" / "parts").iterdir())) == 3


def test_without_a_verifier_nothing_is_judged(tmp_path):
    summary = run(write_prompts(tmp_path / "in.jsonl", 3), tmp_path / "out")
    assert {row["status"] for row in read(tmp_path / "out")} == {None}
    assert summary.correct is None
    assert "correct" not in summary.text()


def test_killed_at_any_moment_it_ends_with_the_same_bytes(tmp_path):
    path = write_prompts(tmp_path / "in.jsonl", 24)
    run(path, tmp_path / "whole")
    out = tmp_path / "out"
    for stop_after in (1, 3):
        child = os.fork()
        if child == 0:
            slow = lambda prompt, sample: (time.sleep(0.01), answering(prompt, sample))[1]  # noqa: E731
            try:
                run(path, out, script=slow, resume=stop_after > 1)
            finally:
                os._exit(0)
        deadline = time.monotonic() + 30
        while not part_path(out, stop_after).exists() and time.monotonic() < deadline:
            time.sleep(0.001)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        assert not part_path(out, 5).exists()  # it was killed in the middle
    before = {p.name: p.stat().st_mtime_ns for p in (out / "parts").glob("*.parquet")}
    (out / "parts" / "part-000005.parquet.partial").write_bytes(b"half")
    run(path, out, resume=True)
    assert contents(out) == contents(tmp_path / "whole")
    after = {p.name: p.stat().st_mtime_ns for p in (out / "parts").glob("*.parquet")}
    assert before.items() <= after.items()  # what was there was not done again
    asked = []
    run(path, out, resume=True, script=lambda prompt, sample: asked.append(prompt))
    assert asked == []


def test_a_folder_belongs_to_one_run(tmp_path):
    path = write_prompts(tmp_path / "in.jsonl", 5)
    run(path, tmp_path / "out")
    with pytest.raises(UsageError, match="there are samples"):
        run(path, tmp_path / "out")
    with pytest.raises(UsageError, match="another settings"):
        run(path, tmp_path / "out", resume=True, seed=1)
    write_prompts(path, 6)
    with pytest.raises(UsageError, match="another input_sha256, prompts"):
        run(path, tmp_path / "out", resume=True)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("mine")
    with pytest.raises(UsageError, match="not empty"):
        run(path, tmp_path / "full")


def test_a_samples_address_does_not_depend_on_the_parts(tmp_path):
    path = write_prompts(tmp_path / "in.jsonl", 6)
    seeds = []

    class Noting(ScriptedEngine):
        def generate(self, requests):
            seeds.extend(request.seed for request in requests)
            return super().generate(requests)

    for size in (2, 5):
        settings = SampleSettings(sampling=SAMPLING, prompts_per_part=size)
        engine = Noting(answering, TOKENIZER)
        sample_file(path, tmp_path / str(size), engine=engine, encode=encode, settings=settings)
    assert seeds[:6] == seeds[6:]
    assert len(set(seeds)) == 6


@pytest.mark.parametrize("kind", ["txt", "parquet", "messages"])
def test_other_inputs(tmp_path, kind):
    if kind == "txt":
        path = tmp_path / "in.txt"
        path.write_text("1+1\n\n  \n2+2\n")
    elif kind == "parquet":
        path = tmp_path / "in.parquet"
        pq.write_table(pa.table({"prompt": ["1+1", "2+2"]}), path)
    else:
        path = tmp_path / "in.jsonl"
        rows = [
            [{"role": "system", "content": "s"}, {"role": "user", "content": q}]
            for q in ("1+1", "2+2")
        ]
        path.write_text("".join(json.dumps({"messages": row}) + "\n" for row in rows))
    settings = SampleSettings(sampling=SAMPLING)
    engine = ScriptedEngine(answering, TOKENIZER)
    sample_file(path, tmp_path / "out", engine=engine, encode=encode, settings=settings)
    assert [row["response"] for row in read(tmp_path / "out")] == ["\\boxed{2}", "\\boxed{4}"]


def test_faults_name_the_row(tmp_path):
    path = tmp_path / "in.jsonl"
    path.write_text('{"prompt": "1+1", "answer": "2"}\n{"text": "2+2", "answer": "4"}\n')
    with pytest.raises(DataError, match="no prompt") as caught:
        run(path, tmp_path / "out")
    assert "row 2" in str(caught.value)
    path.write_text(json.dumps({"prompt": "1+1" + "0" * 80, "answer": ""}) + "\n")
    with pytest.raises(DataError, match="leaves no room") as caught:
        run(path, tmp_path / "long")
    assert "row 1" in str(caught.value)
    (tmp_path / "empty.txt").write_text("\n")
    with pytest.raises(DataError, match="no prompts"):
        run(tmp_path / "empty.txt", tmp_path / "none")


def test_memory_does_not_grow_with_the_input(tmp_path):
    """Ten times as many prompts take the same memory: nothing but a part is held."""
    peaks = []
    for count in (100, 1000):
        path = write_prompts(tmp_path / f"{count}.jsonl", count)
        tracemalloc.start()
        run(path, tmp_path / f"out{count}", prompts_per_part=25, num_samples=1)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.3 * peaks[0]


def run_words(words, *, code=0):
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert caught.value.code == code


def test_from_the_command_line(tmp_path, capsys):
    build = Build(hidden_size=16, num_layers=1, num_heads=2, num_kv_heads=1, intermediate_size=16)
    policy = build_policy(build, seed=0)
    policy.model.save_pretrained(tmp_path / "model")
    policy.tokenizer.save_pretrained(tmp_path / "model")
    path = write_prompts(tmp_path / "in.jsonl", 5)
    words = ["sample", str(path), "--model", str(tmp_path / "model"), "--max-output-tokens", "8"]
    words += ["--num-samples", "2", "--prompts-per-part", "2", "--verify", "math"]
    run_words([*words, "--out", str(tmp_path / "a")])
    assert "10 responses to 5 prompts" in capsys.readouterr().out
    run_words([*words, "--out", str(tmp_path / "b"), "--engine", "transformers", "--json"])
    assert json.loads(capsys.readouterr().out)["responses"] == 10
    fast, plain = read(tmp_path / "a"), read(tmp_path / "b")
    assert [r["response_ids"] for r in fast] == [r["response_ids"] for r in plain]
    run_words([*words, "--out", str(tmp_path / "a")], code=2)  # it is taken


def test_engines_are_opened_with_their_switches(tmp_path):
    with pytest.raises(UsageError, match="needs a model"):
        open_engine("torch", {}, model=None, precision="float32", max_rows=4, is_raw=False)
    switches = {"url": "http://127.0.0.1:9", "model": "m", "api": "chat"}
    served = open_engine(
        "http", switches, model=None, precision="float32", max_rows=4, is_raw=False
    )
    from verigrad.core.types import Message, Problem

    ids = served.encode(Problem((Message("user", "hi"),), None))
    assert served.tokenizer.messages(ids) == [Message("user", "hi")]
