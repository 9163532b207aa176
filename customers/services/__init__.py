"""Changes to customers, one module a concept."""
