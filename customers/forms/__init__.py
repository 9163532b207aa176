"""Forms of the customer pages, one module a concept."""
