# Copies and removes trees of files for the launcher, one after the other: $1, if any, is what copying takes beside its usual options. A request
# is three lines: what to do, and two paths. The answer is one: the exit code, and what was said. It ends with the launcher.
while IFS= read -r what && IFS= read -r from && IFS= read -r to; do
  case $what in
  copy) said=$(exec cp -a $1 -- "$from" "$to" 2>&1) ;;
  remove) said=$(exec rm -rf -- "$from" 2>&1) || said=$(chmod -R u+rwX -- "$from" && exec rm -rf -- "$from" 2>&1) ;;
  *) said="there is no $what" && false ;;
  esac
  code=$?
  [ -z "$said" ] || said=$(printf %s "$said" | tr '\n' ' ')
  printf '%s %s\n' "$code" "$said"
done
