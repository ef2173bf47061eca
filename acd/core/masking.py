"""Personal data for eyes that need not know it: enough is left to recognise a number, not to dial it."""

NOT_A_NUMBER = frozenset({"", "anonymous", "unknown", "unavailable", "restricted", "private", "withheld", "asterisk"})
"""What telephone networks put in the place of a number that was not given: nobody's data, so shown as it is."""

_STARS = "****"
_NUMBER_LENGTH_MAX = 16


def mask_number(number: str) -> str:
    """`13912341234` -> `139****1234`, `+8613912341234` -> `+86139****1234`, `62345678` -> `62****78`.

    The number of stars says nothing of the length. What is longer than any telephone number (E.164 has 15 digits)
    keeps three characters in front, since all else in it may be a name.
    """
    if number.strip().lower() in NOT_A_NUMBER:
        return number
    length = len(number)
    if length > _NUMBER_LENGTH_MAX:
        return number[:3] + _STARS + number[-4:]
    if length >= 11:
        return number[: length - 8] + _STARS + number[-4:]
    if length >= 8:
        return number[:2] + _STARS + number[-2:]
    return number[:1] + _STARS


def mask_name(name: str) -> str:
    """`张小三` -> `张****`. A name with digits in it is most often the number again and is masked as one."""
    if name.strip().lower() in NOT_A_NUMBER:
        return name
    if sum(character.isdigit() for character in name) >= 3:
        return mask_number(name)
    return name[:1] + _STARS
