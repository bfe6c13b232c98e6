"""The life of commands: accepted, sent, perhaps asked about, finished once, and proved later."""
