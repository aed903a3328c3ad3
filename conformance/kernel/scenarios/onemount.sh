# title: two readers and ten writers on one mount: all arrive; with netfs a known limit, but no loss
# rules: CH-1 CH-2 LX-3
# limit: 600
. /tmp/s/guest.sh

cd $A
touch pipeline
cat pipeline >$W/one &
one=$!
cat pipeline >$W/two &
two=$!
blocked $one
blocked $two
: >$W/want
writers=
for i in 0 1 2 3 4 5 6 7 8 9; do
	echo "writer $i" >>pipeline &
	writers="$writers $!"
	echo "writer $i" >>$W/want
done
for writer in $writers; do gone $writer || fail writer "a writer does not return"; done
marker
arrived() { cat $W/one $W/two | sort; }
if [ "$(arrived | one)" = "$(one <$W/want)" ]; then
	if netfs; then
		goneaway one-mount "two readers and ten writers on one mount all arrive at once"
	else
		ok one-mount "all ten arrive at once"
	fi
elif netfs; then
	known one-mount "of ten messages $(arrived | wc -l) arrived before a marker"
else
	fail one-mount "got $(arrived | one)"
fi

# Nothing is lost: when enough bytes have come together (BusyBox cat asks for 64 KiB) all is there,
# and the guest is alive.
n=0
until [ "$(arrived | grep '^writer' | one)" = "$(one <$W/want)" ] || [ $n -gt 64 ]; do
	n=$((n + 1))
	cat $(message 4096) >>$B/pipeline
done
marker
same nothing-lost "$(arrived | grep '^writer' | one)" "$(one <$W/want)"
kill $one $two
check readers-killed "killed readers are gone" gone $one
check readers-killed "killed readers are gone" gone $two
touch $B/alive
check alive "the guest is alive" test -f $A/alive
