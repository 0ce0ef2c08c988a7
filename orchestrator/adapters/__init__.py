"""The only I/O: AWS behind the Cloud port, the machine's clock, and the journal. Calls and events enter, replies leave."""
