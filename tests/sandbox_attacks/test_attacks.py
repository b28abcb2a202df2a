"""Every attack at every level available, as this user and as an unprivileged one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox_attacks.arena import ATTACKS, Arena, arena
from sandbox_attacks.attack import Attack
from verigrad.sandbox import Level
from verigrad.sandbox.levels import try_level
from verigrad.sandbox.local import LocalSandbox

LEVELS = (Level.NAMESPACES, Level.LANDLOCK, Level.SECCOMP)
ROOT = Path(__file__).parents[2]
PLAIN_PYTHON = "/usr/bin/python3"
NOBODY_ELSE = 61234


@pytest.fixture(scope="module", params=LEVELS, ids=str)
def place(request: pytest.FixtureRequest) -> Iterator[Arena]:
    if why := try_level(request.param):
        pytest.skip(f"level {request.param} is not available: {why}")
    with arena(request.param) as opened:
        yield opened


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name.replace(" ", "-"))
def test_attack_does_nothing_outside(place: Arena, attack: Attack) -> None:
    if place.level.value not in attack.levels:
        pytest.skip("needs what this level refuses to everyone")
    assert place.run(attack) == []


def test_there_are_enough_attacks_and_no_two_alike() -> None:
    assert len(ATTACKS) >= 60
    assert len({attack.name for attack in ATTACKS}) == len(ATTACKS)


def test_arena_notices_a_hole() -> None:
    """The suite can fail: without walls the same attacks are found out."""
    names = {"read the canary", "connect to a service on this machine"}
    chosen = [attack for attack in ATTACKS if attack.name in names]
    with arena(Level.SECCOMP) as place:
        place.sandbox.close()
        place.sandbox = LocalSandbox(slots=1, level=Level.PROCESS, allow_unsafe=True)
        found = {attack.name: place.run(attack) for attack in chosen}
    assert any("BREACH" in line for line in found["read the canary"])
    assert any("connections" in line for line in found["connect to a service on this machine"])


@pytest.mark.slow
@pytest.mark.parametrize("level", LEVELS, ids=str)
def test_attacks_as_an_unprivileged_user(level: Level) -> None:
    """The whole suite once more by a user who is not root, with an interpreter it can read."""
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        pytest.skip("already an ordinary user, or no setpriv to become one")
    if not Path(PLAIN_PYTHON).exists():
        pytest.skip(f"no {PLAIN_PYTHON} that another user could run")
    user = ["setpriv", f"--reuid={NOBODY_ELSE}", f"--regid={NOBODY_ELSE}", "--clear-groups"]
    done = subprocess.run(
        [*user, PLAIN_PYTHON, "-B", "-m", "sandbox_attacks.arena", level.value],
        env={"PYTHONPATH": f"{ROOT}/tests:{ROOT}/src", "PATH": "/usr/bin:/bin"},
        cwd="/",
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    if "does not work here" in done.stderr:
        pytest.skip(done.stderr[-500:])
    summary = json.loads(done.stdout.splitlines()[-1])
    assert (summary["failures"], summary["user"]) == (0, NOBODY_ELSE), done.stdout[-3000:]
    assert summary["attacks"] >= 60
