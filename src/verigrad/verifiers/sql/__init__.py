"""SQL: queries judged by their rows on several random databases."""

from verigrad.verifiers.sql.policy import SqlPolicy
from verigrad.verifiers.sql.verifier import Sql

__all__ = ["Sql", "SqlPolicy"]
