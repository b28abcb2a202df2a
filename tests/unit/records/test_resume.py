"""`kill -9` at any moment, then resume: the folder ends as if nothing had happened."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from verigrad.core.digests import digest_file
from verigrad.records import chain
from verigrad.records.run import RunFolder, latest_checkpoint

WRITER = Path(__file__).with_name("run_writer.py")
NUM_STEPS = 25


def launch(run: Path) -> subprocess.Popen[str]:
    command = [sys.executable, str(WRITER), str(run), str(NUM_STEPS)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def run_to_the_end(run: Path) -> None:
    process = launch(run)
    assert process.wait(timeout=60) == 0


def lasting_content(run: Path) -> dict[str, str]:
    """Digest of every file that must repeat: all but the chain (a diary) and the times."""
    return {
        file.relative_to(run).as_posix(): digest_file(file)
        for file in chain.files(run)
        if file.name != chain.CHAIN and not file.name.startswith("times")
    }


def kill_once(run: Path, *, rng: random.Random) -> None:
    """Kill the writer a random moment after its first step of this attempt."""
    process = launch(run)
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(rng.uniform(0.0, 0.08))
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=30)


@pytest.mark.parametrize("num_kills", [6, pytest.param(60, marks=pytest.mark.slow)])
def test_killed_and_resumed_equals_never_stopped(tmp_path: Path, num_kills: int) -> None:
    straight, stopped = tmp_path / "straight", tmp_path / "stopped"
    run_to_the_end(straight)
    rng = random.Random(num_kills)
    for _ in range(num_kills):
        kill_once(stopped, rng=rng)
    run_to_the_end(stopped)
    assert lasting_content(stopped) == lasting_content(straight)
    assert chain.verify_chain(stopped) == []
    found = latest_checkpoint(RunFolder.open(stopped))
    assert found is not None
    assert found.step == NUM_STEPS
