"""Run folders: append-only, schema-versioned, hash-chained. No judgement is made here."""
