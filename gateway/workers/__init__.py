"""Several gateways on one machine: processes that share its address, and a NATS server of their own."""
