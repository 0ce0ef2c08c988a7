"""What the control planes accept, refuse, and how long they take: pure state machines, one package per service.

    front (VirtualCloud, HTTP server) ── Account.handle(service, operation, parameters, now)
                                            │   fires scheduled foreign calls that are due, writes the timeline
                                            ├── dynamodb/   DynamoDBRules(ground)
                                            ├── lambda_/    LambdaRules(ground)
                                            ├── objects.py  S3Rules(ground), images.py  EcrRules(ground)
                                            ├── identity.py StsRules(ground), KmsRules(ground)
                                            └── trail.py    TrailRules(ground): who made which call

Every service answers the same two questions (`service.Rules`): `handles(operation)`, and
`handle(operation, parameters, now)`, which returns a reply shaped as botocore parses it but for timestamps (epoch seconds,
the fronts convert them), or raises `Refusal`.

- Time enters as `now` (epoch seconds) and nowhere else. No threads, no timers: what fell due since the last call is worked
  out when the next one comes, so the answer never depends on how often somebody looked.
- The same seed, calls and times give the same replies: every draw comes from `Ground.draws(purpose)`.
- `Account` is one Region of an account; `Account.elsewhere` is another one. They share one time, and what belongs to a
  global table.
- `Ground` is what the services of one account share: account, region, durations, staleness, limits, the timeline.
- Nothing here comes from `orchestrator.kinds`: both state AWS's rules by themselves, so that no mistake is made twice.

The numbers in comments ("fact sheet 1.3") are those of the project's fact sheet on the control planes. Where it holds two
readings possible, the rules take the stricter one: they refuse what AWS may refuse.
"""
