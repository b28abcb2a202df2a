"""The embedded engine: Llama-shaped decoders on torch, made for many short rows on a processor."""
