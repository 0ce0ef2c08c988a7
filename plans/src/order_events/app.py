"""Reads orders of a customer, newest first."""

import os


def handler(event, context):
    return {
        "table": os.environ["ORDERS_TABLE"],
        "index": os.environ["ORDERS_INDEX"],
        "customer": event.get("customer_id"),
    }
