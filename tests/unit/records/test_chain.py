from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from judged_examples import step_records

from verigrad.core.errors import DataError
from verigrad.records import chain
from verigrad.records.run import RunFolder


@pytest.fixture(scope="module")
def finished_run(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("runs") / "small"
    run = RunFolder.create(path, 'name = "small"\n', resolved={"a": 1}, environment={"b": 2})
    writer = run.metrics_writer()
    for step in (1, 2):
        run.write_rollouts(step, step_records(step, num_groups=1, num_rollouts=2))
        writer.write(step, {"reward/mean": 0.25 * step, "time/step_s": 0.1})
    with run.new_checkpoint(2) as folder:
        (folder / "weights").write_bytes(bytes(range(64)))
        (folder / "deep").mkdir()
        (folder / "deep" / "state").write_bytes(b"optimizer")
    (run.path / "note.txt").write_text("gone soon")
    run.note(run.path / "note.txt")
    run.remove(run.path / "note.txt")
    return path


@pytest.fixture
def run_copy(finished_run: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(finished_run, tmp_path / "copy"))


def test_an_untouched_run_has_no_findings(finished_run: Path) -> None:
    assert chain.verify_chain(finished_run) == []


def test_any_single_changed_byte_in_any_file_is_found_and_named(run_copy: Path) -> None:
    """Every byte of every small file, every 7th of the chain, every 41st of the Parquet files."""
    num_tried = 0
    for file in sorted(chain.files(run_copy)):
        content = file.read_bytes()
        stride = 41 if file.suffix == ".parquet" else 7 if file.name == chain.CHAIN else 1
        for place in range(0, len(content), stride):
            changed = bytearray(content)
            changed[place] ^= 1 << (place % 8)
            file.write_bytes(changed)
            findings = chain.verify_chain(run_copy)
            assert file.relative_to(run_copy).as_posix() in {f.path for f in findings}, place
            num_tried += 1
        file.write_bytes(content)
    assert num_tried > 1000
    assert chain.verify_chain(run_copy) == []


def test_a_changed_file_is_the_only_one_named(run_copy: Path) -> None:
    path = run_copy / "rollouts" / "step_000001.parquet"
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    [finding] = chain.verify_chain(run_copy)
    assert str(finding) == "rollouts/step_000001.parquet: its content was altered"


@pytest.mark.parametrize(
    ("tamper", "named", "problem"),
    [
        (lambda run: (run / "recipe.toml").unlink(), "recipe.toml", "missing"),
        (lambda run: (run / "extra").write_text("x"), "extra", "not in the chain"),
        (lambda run: (run / "note.txt").write_text("x"), "note.txt", "removed earlier"),
        (
            lambda run: (run / "metrics.jsonl").open("a").write("{}\n"),
            "metrics.jsonl",
            "recorded were",
        ),
        (
            lambda run: (run / "a.parquet.partial").write_text("x"),
            "a.parquet.partial",
            "half-written",
        ),
        (
            lambda run: [
                (run / "recipe.toml").rename(run.parent / "other"),
                (run / "recipe.toml").symlink_to(run.parent / "other"),
            ],
            "recipe.toml",
            "not a plain file",
        ),
    ],
)
def test_other_tampering_is_named(run_copy: Path, tamper, named: str, problem: str) -> None:
    tamper(run_copy)
    [finding] = chain.verify_chain(run_copy)
    assert finding.path == named
    assert problem in finding.problem


def test_lines_taken_out_put_in_or_swapped_are_found(run_copy: Path) -> None:
    path = run_copy / chain.CHAIN
    lines = path.read_text().splitlines(keepends=True)
    for index in range(len(lines)):
        path.write_text("".join(lines[:index] + lines[index + 1 :]))
        assert chain.verify_chain(run_copy), f"line {index + 1} taken out"
    path.write_text("".join([lines[1], lines[0], *lines[2:]]))
    assert chain.CHAIN in {f.path for f in chain.verify_chain(run_copy)}
    path.write_text("".join([lines[0], *lines]))
    assert chain.CHAIN in {f.path for f in chain.verify_chain(run_copy)}
    path.unlink()
    assert chain.CHAIN in {f.path for f in chain.verify_chain(run_copy)}


def test_a_chain_written_anew_is_found_by_who_noted_its_last_link(run_copy: Path) -> None:
    noted = chain.head(run_copy)
    assert chain.verify_chain(run_copy, expected_head=noted) == []
    (run_copy / "recipe.toml").write_text("name = 'forged'\n")
    everything = [file for file in sorted(chain.files(run_copy)) if file.name != chain.CHAIN]
    (run_copy / chain.CHAIN).unlink()
    chain.append(run_copy, [chain.entry_for(run_copy, file) for file in everything])
    assert chain.verify_chain(run_copy) == []
    [finding] = chain.verify_chain(run_copy, expected_head=noted)
    assert finding.path == chain.CHAIN


def test_a_link_is_the_digest_of_the_line_without_it(finished_run: Path) -> None:
    """Recomputed here with nothing but hashlib and json, as docs/reference/run-folder.md says."""
    import hashlib

    previous = ""
    for raw in (finished_run / chain.CHAIN).read_text().splitlines():
        line = json.loads(raw)
        link = line.pop("link")
        assert line["previous"] == previous
        text = json.dumps(line, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert hashlib.sha256(text.encode()).hexdigest() == link
        previous = link


def test_a_torn_last_line_is_cut_off_by_the_next_append(run_copy: Path) -> None:
    with (run_copy / chain.CHAIN).open("a") as stream:
        stream.write('{"index": 99, "pa')
    [finding] = chain.verify_chain(run_copy)
    assert "incomplete" in finding.problem
    assert len(chain.head(run_copy)) == 64
    (run_copy / "more").write_text("x")
    chain.append(run_copy, [chain.entry_for(run_copy, run_copy / "more")])
    assert chain.verify_chain(run_copy) == []


def test_nothing_is_resumed_on_an_altered_chain(run_copy: Path) -> None:
    path = run_copy / chain.CHAIN
    path.write_text(path.read_text().replace("recipe.toml", "recipe.tomL", 1))
    with pytest.raises(DataError, match="line 1 was altered"):
        RunFolder.open(run_copy).rewind(2)


def test_a_chain_that_cannot_be_continued_says_so(run_copy: Path) -> None:
    with (run_copy / chain.CHAIN).open("a") as stream:
        stream.write("not json\n")
    with pytest.raises(DataError, match="hash chain is damaged"):
        chain.append(run_copy, [chain.Entry("x", 0, None)])
