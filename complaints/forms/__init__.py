"""Forms of complaints, one module a concept."""
