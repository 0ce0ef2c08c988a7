"""What outlives a process: who runs what, what it holds, and what it did.

Policy over the ports Store and Clock: a store that keeps rows enters, a Lease leaves (the right of one run to change what
it locked), or what there is to know of the run that has it. `records` are the rows, `lease` is one run's hold, `contest`
how a run gets it and follows those who have it, `journal` its events, `operators` what is done to runs from elsewhere.

A run's life, as its row tells: live -> ended (of itself) | lost (its heartbeat stood still and somebody took over)
| released (by `unlock`). A lock points to a run, and is free where that run is not live.
"""
