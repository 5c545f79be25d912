#!/bin/sh
# Ends processes and removes folders once whoever started it is gone, however that one died: its end of standard input closes then.
# Lines: "process <signal> <pid> <start time>", a process with that pid that began at another time is not meant; "folder <path>";
# "data <path>": PostgreSQL's data of a user that is root may lie elsewhere, with a link from there.
trap '' INT TERM HUP
# A whole `shipway dev` ends in order within it.
TENTHS=600

started() {
  if [ -d /proc/self ]; then sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | awk '$1 != "Z" { print $20 }'
  else ps -o lstart= -p "$1" | awk '{ $1 = $1; print }'; fi
}
lives() { [ -n "$2" ] && [ "$(started "$1")" = "$2" ]; }

given=$(cat)
echo "$given" | while read -r kind signal pid start; do
  if [ "$kind" = process ] && lives "$pid" "$start"; then kill -s "$signal" "$pid"; fi
done
echo "$given" | while read -r kind signal pid start; do
  [ "$kind" = process ] || continue
  while lives "$pid" "$start" && [ "$TENTHS" -gt 0 ]; do sleep 0.1; TENTHS=$((TENTHS - 1)); done
  if lives "$pid" "$start"; then kill -s KILL "$pid"; fi
done
echo "$given" | while read -r kind path; do
  [ "$kind" = data ] || continue
  place=$(readlink "$path") || continue
  case "$place" in /var/lib/shipway/postgres-*/data) rm -rf -- "${place%/data}" ;; esac
done
echo "$given" | while read -r kind path; do
  if [ "$kind" = folder ]; then rm -rf -- "$path"; fi
done
