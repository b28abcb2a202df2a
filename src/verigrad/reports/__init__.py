"""Pages for people, made from the records of a run and from nothing else."""
