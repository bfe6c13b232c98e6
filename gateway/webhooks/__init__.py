"""Events to subscribers' own servers: subscriptions, deliveries, signatures."""
