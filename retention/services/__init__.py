"""Changes to usage, risk, warnings, cases, departures and goals, one module a concept."""
