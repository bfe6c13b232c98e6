"""What everything that listens shares: who may connect, how long he may be silent, what he may say."""
