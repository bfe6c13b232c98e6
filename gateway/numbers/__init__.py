"""Telephone numbers: what spellings mean by the dial plan of a platform."""
