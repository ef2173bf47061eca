"""What can be wrong with the database, said with the remedy."""


class StoreError(Exception):
    """`fact` is what is wrong, `remedy` what to do about it; neither holds a password."""

    def __init__(self, fact: str, remedy: str) -> None:
        super().__init__(f"{fact}. {remedy}")
        self.fact = fact
        self.remedy = remedy


class StoreAwayError(StoreError):
    """The database can't be reached or written now; it may come back by itself or by the remedy."""


class StoreUnusableError(StoreError):
    """The database can't be used as configured: trying again is pointless before something is changed."""
