"""Seeded families of problems with worked solutions; `tasks.GENERATORS` names them."""
