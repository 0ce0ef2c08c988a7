"""DynamoDB's data plane in process: items, and all calls about them (fact sheet 4.2, section 6).

paths, updates             what update expressions say; key_conditions: those of a query; the others are in kinds/task/grammar
expressions                those of one request, with its names and values
numbers, values            exact numbers, and values as they are kept
keys, shelf, tables        an item's key; the items of a table; the tables of a request
reading, pages             GetItem, BatchGetItem; Query and Scan by page
writing, transactions      what each write would do, and lets happen; tokens make a transaction happen once
units, throughput          what calls consume, and whether that much is provisioned
calls                      which of these serves which call
"""
