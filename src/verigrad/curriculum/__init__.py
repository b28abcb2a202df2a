"""Which problems to train on: what overlaps with evaluations, what is learnable, in which order."""
