"""What several gateways share: the connection with NATS, streams with one writer, leases."""
