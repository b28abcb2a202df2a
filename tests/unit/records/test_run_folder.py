from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from judged_examples import step_records

from verigrad.core.errors import DataError
from verigrad.records import chain
from verigrad.records.environment import gather_environment
from verigrad.records.evaluation import Evaluation
from verigrad.records.record import RunRecord, VerifierRecord
from verigrad.records.run import RunFolder, latest_checkpoint


def new_run(path: Path) -> RunFolder:
    return RunFolder.create(path, "name = 'a'  # ä\n", resolved={"b": 1}, environment={"c": None})


def evaluation(name: str, step: int) -> Evaluation:
    return Evaluation(
        name=name,
        step=step,
        num_problems=4,
        num_correct=1,
        num_unscored=1,
        accuracy=0.25,
        low=0.05,
        high=0.7,
        confidence=0.95,
        verifier="last_word",
        verifier_version="1",
        verifier_digest="d",
        by_reason={"correct": 1},
    )


RECORD = RunRecord(
    name="a",
    kind="train",
    ending="finished",
    seed=0,
    steps=3,
    num_rollouts=4,
    objective="dr_grpo",
    model="qwen3",
    num_parameters=10,
    verifiers=(VerifierRecord("sums", "last_word", "1", "d"),),
)


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    new_run(tmp_path / "deep" / "run")
    run = RunFolder.open(tmp_path / "deep" / "run")
    assert run.record() is None
    run.write_evaluation(evaluation("before", 0), step_records(0))
    run.write_record(RECORD)
    for step in (2, 1):
        run.write_rollouts(step, step_records(step))
    assert run.recipe_text == "name = 'a'  # ä\n"
    assert (run.resolved, run.environment) == ({"b": 1}, {"c": None})
    assert run.evaluations() == {"before": evaluation("before", 0)}
    assert run.record() == RECORD
    assert [step for step, _ in run.rollout_files()] == [1, 2]
    assert [record.step for record in run.rollouts()] == [1] * 12 + [2] * 12
    assert (run.path / "rollouts" / "step_000001.parquet").is_file()
    assert (run.path / "evaluation" / "before.parquet").is_file()
    assert chain.verify_chain(run.path) == []


def test_an_existing_folder_is_refused_and_left_alone(tmp_path: Path) -> None:
    run = new_run(tmp_path / "run")
    before = {file: file.read_bytes() for file in chain.files(run.path)}
    with pytest.raises(DataError, match="already exists") as caught:
        RunFolder.create(run.path, "other", resolved={}, environment={})
    assert caught.value.exit_code == 4
    assert "--resume" in caught.value.remedy
    assert {file: file.read_bytes() for file in chain.files(run.path)} == before
    (tmp_path / "file").write_text("x")
    with pytest.raises(DataError, match="already exists"):
        new_run(tmp_path / "file")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "run"]


def test_an_empty_folder_may_be_used(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    new_run(tmp_path / "run")
    assert chain.verify_chain(tmp_path / "run") == []


def test_creation_that_fails_leaves_no_folder(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Out of range"):
        RunFolder.create(tmp_path / "run", "x", resolved={"a": float("nan")}, environment={})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["nothing", "file", "empty"])
def test_what_is_not_a_run_is_not_opened(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="not a run folder"):
        RunFolder.open(tmp_path / name)


def test_only_one_process_writes_a_run(tmp_path: Path) -> None:
    run = new_run(tmp_path / "run")
    code = (
        "import sys; from pathlib import Path; from verigrad.records.run import RunFolder\n"
        "with RunFolder.open(Path(sys.argv[1])).locked(): print('in', flush=True); input()"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", code, str(run.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert other.stdout is not None
    assert other.stdout.readline() == "in\n"
    with pytest.raises(DataError, match="another process is writing"), run.locked():
        pass
    other.kill()
    other.wait(timeout=10)
    with run.locked():
        pass


def test_a_partial_checkpoint_is_not_seen(tmp_path: Path) -> None:
    run = new_run(tmp_path / "run")
    assert latest_checkpoint(run) is None
    for step in (5, 10):
        with run.new_checkpoint(step) as folder:
            (folder / "weights").write_text(str(step))
    with run.new_checkpoint(7, stage="warm_up") as folder:
        (folder / "weights").write_text("warm")
    with pytest.raises(FileNotFoundError), run.new_checkpoint(15) as folder:
        (folder / "no such folder" / "weights").write_text("half")
    (run.path / "checkpoints" / "step_000020.partial").mkdir()
    found = latest_checkpoint(run)
    assert found is not None
    assert (found.step, found.path.name) == (10, "step_000010")
    warm = latest_checkpoint(run, stage="warm_up")
    assert warm is not None
    assert warm.path.name == "warm_up_000007"


def test_a_checkpoint_of_the_same_step_is_replaced(tmp_path: Path) -> None:
    run = new_run(tmp_path / "run")
    for text, name in (("one", "old"), ("two", "new")):
        with run.new_checkpoint(5) as folder:
            (folder / name).write_text(text)
    assert [path.name for path in (run.path / "checkpoints" / "step_000005").iterdir()] == ["new"]
    assert chain.verify_chain(run.path) == []


def test_rewinding_removes_everything_later(tmp_path: Path) -> None:
    run = new_run(tmp_path / "run")
    writer = run.metrics_writer()
    run.write_evaluation(evaluation("before", 0))
    for step in range(1, 5):
        run.write_rollouts(step, step_records(step, num_groups=1))
        writer.write(step, {"reward/mean": 0.5})
        run.write_evaluation(evaluation(f"step_{step:06d}", step))
        if step % 2 == 0:
            with run.new_checkpoint(step) as folder:
                (folder / "weights").write_text(str(step))
    run.write_record(RECORD)
    (run.path / "report.html").write_text("old")
    (run.path / "rollouts" / "step_000005.parquet.partial").write_text("half")
    run.rewind(2)
    assert [step for step, _ in run.rollout_files()] == [1, 2]
    assert [found.step for found in run.checkpoints()] == [2]
    assert sorted(run.evaluations()) == ["before", "step_000001", "step_000002"]
    assert len((run.path / "metrics.jsonl").read_text().splitlines()) == 2
    assert run.record() is None
    assert chain.verify_chain(run.path) == []
    assert "rewound to rl step 2" in (run.path / chain.CHAIN).read_text()


def test_a_removal_cut_short_is_finished_by_the_next_resume(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process dies right after the chain was told, once for a file and once for a folder."""
    run = new_run(tmp_path / "run")
    run.write_rollouts(1, step_records(1))
    with run.new_checkpoint(1) as folder:
        (folder / "weights").write_text("1")
    monkeypatch.setattr(Path, "unlink", lambda path: 1 / 0)
    monkeypatch.setattr(Path, "rename", lambda path, to: 1 / 0)
    for path in (run.rollout_files()[0][1], run.checkpoints()[0].path):
        with pytest.raises(ZeroDivisionError):
            run.remove(path)
    monkeypatch.undo()
    assert len(chain.verify_chain(run.path)) == 2
    run.rewind(1)
    assert run.checkpoints() == []
    assert chain.verify_chain(run.path) == []


def test_an_evaluation_name_cannot_leave_its_folder(tmp_path: Path) -> None:
    run = new_run(tmp_path / "run")
    with pytest.raises(ValueError, match="plain file name"):
        run.write_evaluation(evaluation("../recipe", 0))


def test_the_environment_is_the_same_twice_and_names_what_decides_numbers(tmp_path: Path) -> None:
    first, second = gather_environment(device="cpu"), gather_environment(device="cpu")
    assert json.dumps(first, sort_keys=True) == json.dumps(second, sort_keys=True)
    assert first["device"] == "cpu"
    assert first["python"] == ".".join(map(str, sys.version_info[:3]))
    assert first["packages"]["pyarrow"].count(".") >= 1
    assert first["num_processors"] >= first["num_usable_processors"] >= 1
    assert gather_environment(tmp_path)["git"] is None


def test_the_environment_knows_the_commit_and_whether_it_is_clean(tmp_path: Path) -> None:
    def git(*arguments: str) -> str:
        identity = ["-c", "user.name=t", "-c", "user.email=t@t"]
        command = ["git", "-C", str(tmp_path), *identity, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    git("init", "-q")
    (tmp_path / "a").write_text("1")
    git("add", "a")
    git("commit", "-q", "-m", "one")
    commit = git("rev-parse", "HEAD").strip()
    assert gather_environment(tmp_path)["git"] == {"commit": commit, "is_clean": True}
    (tmp_path / "a").write_text("2")
    assert gather_environment(tmp_path)["git"] == {"commit": commit, "is_clean": False}
