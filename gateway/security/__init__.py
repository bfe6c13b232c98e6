"""Who may do what: keys, tokens, scopes; and what must not be logged."""
