"""What platforms ask the CRM, and who answers."""
