"""Workers: an answer, or the right error, whatever the library inside does."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from verigrad.sandbox.workers import WorkerError, WorkerLimits, Workers, WorkerTimeoutError

LIMITS = WorkerLimits(cpu_s=1, wall_s=4.0, memory_bytes=2 << 30)


@pytest.fixture(scope="module")
def workers():
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = str(Path(__file__).parent)
    found = Workers("echo_worker", LIMITS, most=2)
    found.call({"do": "echo", "value": 0})
    yield found
    found.close()
    if before is None:
        del os.environ["PYTHONPATH"]
    else:
        os.environ["PYTHONPATH"] = before


def test_values_come_back_whatever_is_printed(workers):
    value = {"text": "\u2028 \ud800 \n", "list": [1, None, 2.5]}
    assert workers.call({"do": "echo", "value": value}) == value
    assert workers.call({"do": "read"}) == ""  # nothing of ours is on its standard input


def test_threads_get_their_own_answers(workers):
    with ThreadPoolExecutor(4) as pool:
        replies = list(pool.map(lambda n: workers.call({"do": "echo", "value": n}), range(40)))
    assert replies == list(range(40))


@pytest.mark.parametrize("what", ["spin", "sleep", "swell"])
def test_what_runs_away_is_ended_and_the_next_call_works(workers, what):
    with pytest.raises(WorkerTimeoutError):
        workers.call({"do": what})
    assert workers.call({"do": "echo", "value": 1}) == 1


def test_an_exception_is_an_error_and_the_worker_lives(workers):
    with pytest.raises(WorkerError, match="ValueError: no"):
        workers.call({"do": "raise"})
    assert workers.call({"do": "echo", "value": 2}) == 2


def test_a_module_that_does_not_start():
    with pytest.raises(WorkerError):
        Workers("no_such_module_anywhere", LIMITS).call(1)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_after_a_fork_the_child_has_workers_of_its_own(workers):
    child = os.fork()
    if child == 0:
        same = workers.call({"do": "echo", "value": "child"}) == "child"
        workers.close()
        os._exit(0 if same else 1)
    assert workers.call({"do": "echo", "value": "parent"}) == "parent"
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
