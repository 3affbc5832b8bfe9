import re


def name_from(email: str) -> str:
    """What to call somebody of whom only the address is known: the part before the @, as words."""
    words = re.split(r"[._+-]+", email.rpartition("@")[0])
    return " ".join(word[0].upper() + word[1:] for word in words if word)
