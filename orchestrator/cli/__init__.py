"""Arguments enter; one pipeline call, one renderer and one exit code leave.

Results go to stdout, everything else to stderr. Modules here import nothing heavy at their top: `--help` of any command
answers without pydantic, the SDK or the sandbox; a command imports the pipeline when it runs.
"""
