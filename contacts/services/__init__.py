"""Changes to contact records, flags, exemptions and snoozes, one module a concept."""
