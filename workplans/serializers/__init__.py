"""What the workplans API shows and takes, one module a concept."""
