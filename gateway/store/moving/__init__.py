"""Moving a store from its file to NATS, or back: resumable, and compared in the end."""
