"""How much DynamoDB takes in one request."""

MOST_ACTIONS = 100
"""Of a transaction, the marker among them (fact sheet 6.3)."""
MOST_PUTS = 25
"""Of a BatchWriteItem (fact sheet 6.2)."""
