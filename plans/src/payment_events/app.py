"""Reads the stream of the payments table, and says of which records it wants to be told again."""


def handler(event, context):
    failed = [record["dynamodb"]["SequenceNumber"] for record in event.get("Records", ()) if not booked(record)]
    return {"batchItemFailures": [{"itemIdentifier": number} for number in failed]}


def booked(record):
    return "NewImage" in record["dynamodb"]
