"""Repositories: a patch goes in, tests that the patch cannot touch say whether it is right."""

from verigrad.verifiers.repository.verifier import Repository, RepositoryPolicy

__all__ = ["Repository", "RepositoryPolicy"]
