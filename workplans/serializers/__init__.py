"""Plans, logs and inspections as the API shows them."""
