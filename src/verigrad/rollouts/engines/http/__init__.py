"""Models behind an OpenAI-compatible server: teachers, judges, evaluation of any model."""
