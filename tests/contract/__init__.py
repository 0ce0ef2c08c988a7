"""One contract, several worlds: what DynamoDB and Lambda do is asked of the rules, the HTTP front and DynamoDB Local alike."""
