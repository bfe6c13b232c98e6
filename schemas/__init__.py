"""The canonical model: what crosses every boundary of the gateway."""
