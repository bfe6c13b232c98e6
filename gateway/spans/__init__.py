"""Spans for a collector of OpenTelemetry: from a vendor's frame to delivery, from a command to its result.

Optional (`trunkline[otel]`) and off by default. Then nothing of it is imported but `config` and `parts`, and
the gateway is made of its plain parts; where it is on, of others that do the same and tell a recorder of it.
"""
