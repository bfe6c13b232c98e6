"""One gateway among others that share its store."""
