"""What spans the apps for one person: reading My day and the board."""
