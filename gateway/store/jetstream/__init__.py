"""The store on NATS JetStream."""
