"""Threads for what may hang: order, room, and work that is given up."""

import threading
import time

import pytest

from verigrad.rollouts.crew import Crew, HungError


def test_everything_is_given_out_once_with_its_result():
    crew = Crew(3)
    for n in range(20):
        crew.start(n, lambda n=n: n * n, limit_s=5)
    found = {work.key: work.result() for work in crew.finished(wait=True)}
    assert found == {n: n * n for n in range(20)}
    assert list(crew.finished(wait=True)) == []


def test_no_more_than_its_size_at_a_time():
    crew, lock, most = Crew(2), threading.Lock(), [0, 0]

    def count():
        with lock:
            most[0] += 1
            most[1] = max(most)
        time.sleep(0.01)
        with lock:
            most[0] -= 1

    for n in range(10):
        crew.start(n, count, limit_s=5)
    assert len(list(crew.finished(wait=True))) == 10
    assert most[1] == 2


def test_what_is_raised_is_raised_where_the_result_is_asked_for():
    crew = Crew(1)
    crew.start("x", lambda: 1 / 0, limit_s=5)
    (work,) = crew.finished(wait=True)
    with pytest.raises(ZeroDivisionError):
        work.result()


def test_hung_work_is_given_up_and_its_place_is_free_again():
    """Two pieces hang for good in a crew of two; the eight behind them are done all the same."""
    crew, never = Crew(2), threading.Event()
    for n in range(10):
        crew.start(n, never.wait if n < 2 else (lambda: "done"), limit_s=0.1)
    start = time.perf_counter()
    work = {w.key: w for w in crew.finished(wait=True)}
    assert time.perf_counter() - start < 3
    for n in (0, 1):
        with pytest.raises(HungError, match=r"no answer within 0\.1 s"):
            work[n].result()
    assert [work[n].result() for n in range(2, 10)] == ["done"] * 8
    never.set()  # late results are thrown away
    time.sleep(0.05)
    assert list(crew.finished(wait=True)) == []


def test_without_waiting_only_what_is_done_is_given():
    crew, gate = Crew(2), threading.Event()
    crew.start("slow", gate.wait, limit_s=5)
    crew.start("quick", lambda: 1, limit_s=5)
    deadline = time.perf_counter() + 3
    found = []
    while not found and time.perf_counter() < deadline:
        found = [w.key for w in crew.finished(wait=False)]
    assert found == ["quick"]
    gate.set()
    assert [w.key for w in crew.finished(wait=True)] == ["slow"]
