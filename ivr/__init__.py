"""What the caller hears and presses: the tree and its interpreter. Pure; imports nothing of ours."""
