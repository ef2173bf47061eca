"""The database's migrations, run by `acd.store.schema.upgrade`."""
