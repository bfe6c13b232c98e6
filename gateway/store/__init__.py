"""What has to outlive the process: the journal, commands, questions, keys, webhooks and deliveries."""
