"""Constraint records: a JSON answer checked against a problem's data by declared rules."""

from verigrad.verifiers.records.verifier import Records, RecordsPolicy

__all__ = ["Records", "RecordsPolicy"]
