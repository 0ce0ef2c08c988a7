"""The newest invoices of a customer."""

import os

import boto3
from boto3.dynamodb.conditions import Key

TABLE = boto3.resource("dynamodb").Table(os.environ["TABLE"])


def handler(event: dict, _context: object) -> list:
    key = Key("customer_id").eq(event["customer_id"])
    found = TABLE.query(IndexName=os.environ["INDEX"], KeyConditionExpression=key, ScanIndexForward=False, Limit=20)
    return [item["invoice_id"] for item in found["Items"]]
