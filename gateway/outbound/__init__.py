"""What everything that sends outward shares: where it may go, by which name, and the signed POST."""
