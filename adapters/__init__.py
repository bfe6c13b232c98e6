"""The dialects: each folder speaks one vendor, in both roles."""
