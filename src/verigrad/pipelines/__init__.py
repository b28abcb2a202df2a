"""Stages in a row: warm-up, evaluation, RL, evaluation, record and report."""
