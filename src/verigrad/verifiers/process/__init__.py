"""Process checks: the steps of a worked solution, each judged where a checker exists."""

from verigrad.verifiers.process.segments import Segment, mark_steps, segments
from verigrad.verifiers.process.verifier import Process, ProcessPolicy

__all__ = ["Process", "ProcessPolicy", "Segment", "mark_steps", "segments"]
