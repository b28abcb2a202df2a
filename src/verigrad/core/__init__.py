"""Words everyone shares: standard library and pydantic only."""
