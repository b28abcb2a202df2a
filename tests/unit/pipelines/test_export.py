"""A copy for others: private files stay out, the chain holds, and what is altered is still found."""

import json
import shutil

import pytest

torch = pytest.importorskip("torch")

from test_train import TINY

from verigrad.cli.main import main
from verigrad.core.config import bind
from verigrad.core.errors import ConfigError, HaltedError, UsageError
from verigrad.core.recipe import Recipe
from verigrad.pipelines.export import export
from verigrad.pipelines.train import train
from verigrad.records import chain


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    out = tmp_path_factory.mktemp("export") / "run"
    return train(bind(Recipe, TINY, overrides=("training.steps=2",)), out).path


@pytest.fixture
def copy(finished, tmp_path):
    export(finished, tmp_path / "copy", private=["rollouts/*"])
    return tmp_path / "copy"


def test_what_is_private_is_left_out_and_the_rest_is_proved(finished, copy):
    assert not list(copy.glob("rollouts/*"))
    assert chain.withheld(copy) == {"rollouts/step_000001.parquet", "rollouts/step_000002.parquet"}
    assert chain.verify_chain(copy) == []
    kept = {
        file.relative_to(finished).as_posix()
        for file in chain.files(finished)
        if "rollouts" not in file.parts
    }
    assert {f.relative_to(copy).as_posix() for f in chain.files(copy)} == {*kept, chain.WITHHELD}


def test_the_head_noted_before_the_export_still_proves_the_copy(finished, copy):
    noted = chain.head(finished)
    assert chain.verify_chain(copy, expected_head=noted) == []
    assert chain.verify_chain(copy, expected_head=chain.head(copy)) == []
    assert chain.verify_chain(copy, expected_head="0" * 64)


def test_a_withheld_file_can_be_shown_later_and_a_forged_one_cannot(finished, copy):
    name = "rollouts/step_000001.parquet"
    (copy / "rollouts").mkdir(exist_ok=True)
    shutil.copyfile(finished / name, copy / name)
    assert chain.verify_chain(copy) == []
    data = bytearray((copy / name).read_bytes())
    data[len(data) // 2] ^= 1
    (copy / name).write_bytes(data)
    assert [str(found) for found in chain.verify_chain(copy)] == [
        f"{name}: its content was altered"
    ]


def test_a_longer_list_of_what_is_withheld_hides_nothing(copy):
    listed = json.loads((copy / chain.WITHHELD).read_text())
    listed["paths"].append("metrics.jsonl")
    (copy / chain.WITHHELD).write_text(json.dumps(listed))
    (copy / "metrics.jsonl").unlink()
    found = {finding.path for finding in chain.verify_chain(copy)}
    assert {"metrics.jsonl", chain.WITHHELD} <= found


def test_any_byte_of_any_small_file_changed_is_found(copy):
    """Every file of the copy, three places each."""
    for file in sorted(chain.files(copy)):
        whole = file.read_bytes()
        for place in {0, len(whole) // 2, len(whole) - 1} if whole else ():
            altered = bytearray(whole)
            altered[place] ^= 1
            file.write_bytes(altered)
            assert chain.verify_chain(copy), f"{file} byte {place}"
        file.write_bytes(whole)
    assert chain.verify_chain(copy) == []


def test_a_copy_of_a_copy_keeps_what_was_withheld(copy, tmp_path):
    found = export(copy, tmp_path / "again", private=["evaluation/*.parquet"])
    assert "rollouts/step_000001.parquet" in found.withheld
    assert chain.verify_chain(tmp_path / "again") == []


def test_what_is_refused(finished, copy, tmp_path):
    with pytest.raises(UsageError, match="there already"):
        export(finished, copy)
    with pytest.raises(ConfigError, match="no file of the run matches 'rolouts"):
        export(finished, tmp_path / "new", private=["rolouts/*"])
    with pytest.raises(ConfigError, match="must be in every copy"):
        export(finished, tmp_path / "new", private=["*.json"])
    altered = tmp_path / "altered"
    shutil.copytree(finished, altered)
    (altered / "metrics.jsonl").write_text("{}\n")
    with pytest.raises(HaltedError, match="an altered run is not exported"):
        export(altered, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_the_command_line(finished, tmp_path, capsys):
    out = tmp_path / "public"
    for words in (["export", finished, out, "--public"], ["check", out]):
        with pytest.raises(SystemExit) as stopped:
            main([str(word) for word in words])
        assert stopped.value.code == 0
    text = capsys.readouterr().out
    assert "withheld, their digests are in it" in text
    assert not list(out.glob("evaluation/*.parquet"))
    assert (out / "evaluation" / "after.json").is_file()
