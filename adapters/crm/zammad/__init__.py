"""Zammad's generic CTI: it is told of calls while they happen."""
