"""Records and the journal: from the engine to a database, nothing lost. `open_store`, then `Recorder`."""
