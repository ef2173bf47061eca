"""The pure core: events in, commands and reports out, time passed in. No clock, no I/O, nothing random."""
