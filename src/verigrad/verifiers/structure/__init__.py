"""Structure: JSON against a schema, tags, patterns, tables, function calls, records with rules."""
