"""Changes that bring data in and send it out: reading files, the roster import, demonstration."""
