"""Pages of complaints, one module a concept."""
