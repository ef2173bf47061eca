"""What supervisors write: the site's YAML, its schema and the loader that turns it into values. Never half applied."""
