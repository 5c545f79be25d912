# Waits for a line on its input, and then runs one stage's script to its end, whether or not whoever started it lives. $1: the script. Its
# output goes where the worker has opened it; descriptor 3 takes its pid, descriptor 4 at the end the exit code. The script inherits neither.
echo "$$" >&3
exec 3>&-
# Who was to say so is gone, or it is not to begin after all.
IFS= read -r SHIPWAY_GO || exit
# Told to stop, it waits for the script, which has been told too: the exit code is the script's own.
trap : TERM
sh -e "$1" 4>&- < /dev/null
code=$?
# What the script left running ends with it, before anybody reads the exit code.
trap '' TERM
kill -TERM 0
echo "$code" >&4
kill -KILL 0
