"""A job is not blamed for what the kernel killed before it began."""

from verigrad.sandbox.cgroups import Cgroup


def test_kills_of_an_earlier_job_are_not_the_next_ones(tmp_path):
    counter = tmp_path / "memory.oom_control"
    counter.write_text("oom_kill_disable 0\nunder_oom 0\noom_kill 0\n")
    group = Cgroup({}, folders=[tmp_path])
    group.start_counting()
    assert not group.ran_out()
    counter.write_text("oom_kill_disable 0\nunder_oom 0\noom_kill 2\n")
    assert group.ran_out()
    group.start_counting()
    assert not group.ran_out()
    counter.write_text("oom_kill_disable 0\nunder_oom 0\noom_kill 3\n")
    assert group.ran_out()
