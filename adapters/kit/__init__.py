"""What dialects share, each thing once."""
