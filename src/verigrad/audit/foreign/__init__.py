"""Verifiers of others as targets: a function in a file, a reward service."""
