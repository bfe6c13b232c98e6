"""Values that carry no meaning of their own: JSON that a vendor or a customer put there."""

# msgspec has no recursive alias, so the shape of a JSON value is not spelt out.
Json = object
