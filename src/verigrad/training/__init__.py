"""Changing the weights: policy, packed batches, learner, the RL and the supervised loop."""
