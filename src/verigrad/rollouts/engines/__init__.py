"""Whatever turns prompts into completions."""
