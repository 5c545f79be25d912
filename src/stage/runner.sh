#!/bin/sh
# Runs one stage's script to its end, whether or not whoever started it lives. $1: the job's folder.
# What it leaves there is all that a worker knows of it: its pid, the output, and at the end the exit code with a newline.
echo "$$" > "$1/pid"
sh -e "$1/script" >> "$1/output" 2>&1 < /dev/null
echo "$?" > "$1/exit"
