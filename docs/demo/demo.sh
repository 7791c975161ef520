#!/bin/sh
# What `make demo` shows. Needs `octavo` on the PATH; works on a terminal (tables) and in a pipe (JSON lines) alike.
# The messages are the examples of public documents, as they stand there:
#   v3-uplink.json  The Things Stack, "Data Formats", uplink message example
#                   https://www.thethingsindustries.com/docs/integrations/data-formats/
#   v2-uplink.json  The Things Network v2, "HTTP Integration", uplink
#                   https://github.com/TheThingsIndustries/integration-messaging/blob/master/ttn/README.md
# The uplink of the EM300-TH: https://github.com/Milesight-IoT/SensorDecoders, em-series/em300-th/README.md, Example.
# downlinks.json is ours, with one member misspelt; sensor.js is the formatter of a device that we made up.
set -eu
cd "$(dirname "$0")"

title='' command='' plain=''
if [ -t 1 ] && [ -z "${NO_COLOR-}" ]; then
    title=$(printf '\033[1m') command=$(printf '\033[36m') plain=$(printf '\033[0m')
fi

say() {
    printf '\n%s%s%s\n' "$title" "$1" "$plain"
}

# show STATUS COMMAND...: print the command, run it, and stop where its exit status is another one.
show() {
    expected=$1 status=0
    shift
    printf '%s$ %s%s\n' "$command" "$*" "$plain"
    "$@" 2>&1 || status=$?
    if [ "$status" -ne "$expected" ]; then
        printf 'exit status %s, expected was %s\n' "$status" "$expected"
        exit 1
    fi
}

say '1. A base64 uplink of a Milesight EM300-TH, through its JavaScript formatter; bytes and values as Milesight prints them.'
show 0 octavo decode formatters:milesight/em300-th AXVcA2c0AQRoZQ== -p 85

say '2. A whole webhook message of The Things Stack: the same message out, decoded. It has no f_port, hence -p.
   Its document does not say how the bytes are laid out, so the values in it are not those of our made-up sensor.'
show 0 octavo decode sensor.yaml @v3-uplink.json -p 1

say '3. A message of The Things Network v2, its four bytes read as CayenneLPP.'
show 0 octavo decode cayennelpp @v2-uplink.json

say '4. Back to the EM300-TH: a downlink, through its declared codec, and the call that pushes it.'
show 0 octavo encode milesight/em300-th report_interval=1200
show 0 octavo encode milesight/em300-th report_interval=1200 --as curl

say '5. The examples of a formatter, as tests.'
show 0 octavo test sensor.yaml

say '6. A body with a misspelt member: found, with its place and a suggestion. Exit status 1.'
show 1 octavo validate --strict downlinks.json
