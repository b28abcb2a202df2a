"""What the records of a run say of its gradient: of one token, and of whole steps."""
