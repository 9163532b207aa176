"""Forms of the workplans app, one module a concept."""
