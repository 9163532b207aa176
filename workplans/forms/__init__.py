"""Forms of plans, logs and inspections."""
