def other(event: object, context: object) -> object:
    return None
