"""CRMs: records found and popped, one activity logged of each contact."""
