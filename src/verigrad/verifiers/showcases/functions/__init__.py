"""Functions of the showcase of `function`: what a user's file looks like."""
