"""Parts of the dispatch benchmark: its site, its two halves, and how a gap is measured."""
