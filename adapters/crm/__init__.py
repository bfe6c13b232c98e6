"""Connectors to CRMs, a folder each."""
