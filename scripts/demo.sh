#!/bin/sh
# The main job in half a minute: a group taken through two levels, a respawn, a daemon that is killed, a graceful
# shutdown.
set -eu

repository=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
scratch=$(mktemp -d)
daemon=
trap 'test -z "$daemon" || kill "$daemon" 2>/dev/null || true; rm -rf "$scratch"' EXIT
cd "$scratch"
cp "$repository/examples/demo.cltab" cltab

clinit() { node "$repository/packages/cli/dist/clinit.js" -c cltab "$@"; }
show() { printf '\n$ clinit %s\n' "$*"; clinit "$@"; }
pid_of() { clinit status web | sed -n "s/^  $1 .*RUNNING pid \([0-9]*\).*/\1/p"; }
wait_until() {
  tries=100
  until "$@"; do
    tries=$((tries - 1))
    test "$tries" -gt 0 || { echo "demo: gave up waiting for: $*" >&2; exit 1; }
    sleep 0.1
  done
}
# What was adopted is reaped by the init of this machine, whenever that gets to it.
is_alive() { kill -0 "$1" 2>/dev/null && ! grep -qs '^State:.*zombie' "/proc/$1/status"; }
is_replaced() { now=$(pid_of app); test -n "$now" && test "$now" != "$1"; }

answers() { clinit status >/dev/null 2>&1; }
start_daemon() {
  echo '$ clinit -d &'
  node "$repository/packages/cli/dist/clinit.js" -c cltab -d 2>>log &
  daemon=$!
  wait_until answers
}

start_daemon

show -w web dev
show status web
show -w web run
show status web

before=$(pid_of app)
pids="$before $(pid_of db)"
printf '\n$ kill -9 %s   # the app\n' "$before"
kill -9 "$before"
wait_until is_replaced "$before"
pids="$pids $(pid_of app)"
show status web

printf '\n$ kill -9 %s   # the daemon itself\n' "$daemon"
kill -9 "$daemon"
{ wait "$daemon"; } 2>/dev/null || true
start_daemon
show status web
show why web/app --lines 6
for pid in $(pid_of db) $(pid_of app); do
  case " $pids " in *" $pid "*) ;; *) echo "demo: process $pid was not adopted" >&2; exit 1 ;; esac
done

printf '\n$ cat run/clstat\n'
cat run/clstat
show shutdown -w
wait "$daemon" || { echo "demo: the daemon ended with $?" >&2; exit 1; }
daemon=

for pid in $pids; do
  if is_alive "$pid"; then echo "demo: process $pid was left behind" >&2; exit 1; fi
done
test -z "$(ls -A run)" || { echo "demo: files were left behind: $(ls -A run)" >&2; exit 1; }
printf '\nNothing is left behind: no process, no socket, no status file.\n'
