#!/bin/sh
# Brings tables and functions to what the plans say, then becomes the application: `entrypoint.sh my-application --port 80`.
# PLANS is a plan or a folder of plans (plans/ in the working directory). Options of `orchestrator apply` come from the
# environment: ORCHESTRATOR_DEADLINE=50m, AWS_REGION=eu-west-1. Where the apply does not end with 0 the application is not
# started, and the script ends with the same code.
set -eu

apply='' stopped=''

# A shell that waits hands no signal on. Ctrl-C on a terminal reaches both of us, and a second signal would end it at once.
# The apply gets TERM for either: what a script puts into the background ignores INT until it has handlers of its own.
hand_on() {
    [ -z "$apply" ] || kill -s TERM "$apply" 2>/dev/null || :
}
trap 'stopped=143; hand_on' TERM
trap 'stopped=130; [ -t 0 ] || hand_on' INT

orchestrator apply "${PLANS:-plans/}" --yes &
apply=$!
[ -z "$stopped" ] || hand_on # it came before there was a process to hand it to
code=0
wait "$apply" || code=$?
while kill -0 "$apply" 2>/dev/null; do # a signal ended our waiting, not the apply
    code=0
    wait "$apply" || code=$?
done

case $code in 0 | 143) code=${stopped:-$code} ;; esac
[ "$code" -eq 0 ] || exit "$code"
trap - TERM INT
exec "$@"
