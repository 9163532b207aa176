"""What every endpoint of the REST API shares. Knows no app."""
