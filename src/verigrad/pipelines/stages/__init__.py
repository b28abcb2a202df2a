"""Stages in a row: each with its gates, its record and its parents."""
