# Runs one stage's script to its end, whether or not whoever started it lives. $1: the script. The shell that runs it is there before it may
# begin, and waits for a line on the runner's input: without one both are gone, and nothing has begun. Its output goes where the worker has
# opened it; descriptor 3 takes the exit code at the end. The script does not inherit it.
# Told to stop, the runner waits for the script, which has been told too: the exit code is the script's own.
trap : TERM
sh -e -c 'IFS= read -r SHIPWAY_GO <&4 || kill -KILL 0
unset SHIPWAY_GO
exec 4<&-
. "$0"' "$1" 3>&- 4<&0 < /dev/null
code=$?
# What the script left running ends with it, before anybody reads the exit code.
trap '' TERM
kill -TERM 0
echo "$code" >&3
kill -KILL 0
