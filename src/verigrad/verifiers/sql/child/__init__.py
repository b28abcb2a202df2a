"""Programs that run inside the sandbox; their text is sent there, nothing here runs outside it."""
