"""Changes to plans, logs and inspections, and what reads them whole."""
