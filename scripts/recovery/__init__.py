"""Parts of the recovery benchmark: the switch as a process, its phones, and the judge of what callers saw."""
