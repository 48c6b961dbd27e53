#!/bin/sh
# Stands for a browser where a tool signs in: addresses go to whoever watches the tool's terminal, as one control sequence.
for word; do
  case "$word" in
  http://* | https://*)
    # More would not be written in one piece.
    [ "${#word}" -le 4000 ] && [ -w "$BROWSERVM_TTY" ] && printf '\033]7331;%s\007' "$word" >"$BROWSERVM_TTY"
    ;;
  esac
done
exit 0
