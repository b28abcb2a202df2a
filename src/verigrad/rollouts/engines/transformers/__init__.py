"""Any causal model of transformers, by its own forward pass: slower than `torch`, never refused."""
