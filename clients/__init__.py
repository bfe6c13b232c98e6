"""Client libraries: `python` and `javascript`, and the generator of the types that both share."""
