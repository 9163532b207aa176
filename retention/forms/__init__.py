"""Forms of the retention app, one module a concept."""
