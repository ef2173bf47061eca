"""Parts of the soak benchmark: the switch with a look inside, samples and their slopes, and the highest load."""
