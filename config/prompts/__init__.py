"""What callers and agents hear: texts turned into speech, and music of our own."""
