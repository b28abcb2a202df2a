"""The isolation half of the exploit suite."""
