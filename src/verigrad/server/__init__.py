"""Services over HTTP: an engine behind OpenAI's addresses."""
