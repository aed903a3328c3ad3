# title: signals to a blocked cat and echo; rm under a blocked reader and writer
# rules: FL-1 FL-2 FL-3 EN-1 EN-2 CH-2
# tools: host
# limit: 600
. /tmp/s/guest.sh

# What is started with & ignores SIGINT, unless told otherwise.
hears="env --default-signal=INT,QUIT"
cd $A
touch pipeline
for signal in INT TERM KILL; do
	$hears cat pipeline >$W/killed &
	cat=$!
	check cat-$signal-waits "cat waits" blocked $cat
	kill -$signal $cat
	check cat-$signal "cat is gone after SIG$signal" gone $cat
	$hears /bin/echo "never $signal" >>$B/pipeline &
	echo=$!
	check echo-$signal-waits "echo waits" blocked $echo
	kill -$signal $echo
	check echo-$signal "echo is gone after SIG$signal" gone $echo
	cat pipeline >$W/out.$signal &
	cat=$!
	blocked $cat
	echo "after $signal" >>$B/pipeline
	marker
	same whole-$signal "$(one <$W/out.$signal)" "after $signal|"
	same nothing-$signal "$(one <$W/killed)" ""
	kill $cat
	gone $cat
done

# Many at once: all killed leave nothing, the one that stays gets all.
pids=
for i in 1 2 3 4 5 6 7 8; do
	cat pipeline >>$W/many &
	pids="$pids $!"
done
for pid in $pids; do blocked $pid; done
cat pipeline >$W/stays &
cat=$!
blocked $cat
kill $pids
for pid in $pids; do gone $pid || fail many "a killed reader stays"; done
echo all >>$B/pipeline
marker
same many-killed "$(one <$W/many)" ""
same one-stays "$(one <$W/stays)" "all|"

# rm under a blocked reader: end of file.
rm $B/pipeline
check rm-reader "a blocked reader ends at rm" gone $cat
wait $cat
same rm-reader-status "$?" 0

# rm under a blocked writer: it is refused.
touch pipeline
$BB sh -c 'echo refused >>pipeline' 2>$W/refused &
echo=$!
check rm-writer-waits "echo waits" blocked $echo
rm $B/pipeline
check rm-writer "a blocked writer ends at rm" gone $echo
wait $echo
same rm-writer-status "$(($? != 0))" 1
again() { cat $W/refused >&2; return 1; }
refused_write rm-writer-said "Identifier removed" again

# The same with a writer of the C library's: it must not try for ever.
touch pipeline
/bin/echo refused >>pipeline 2>$W/refused &
echo=$!
blocked $echo
rm $B/pipeline
check rm-gnu-writer "GNU echo ends at rm" gone $echo
note "GNU echo said [$(one <$W/refused)]"

# Only a signal that is fatal interrupts a blocked read. A known limit of the kernel's client.
touch pipeline
# select(2) and poll(2) know nothing of channels.
ready=$(python3 -c 'import select; print(len(select.select([open("pipeline")], [], [], 0)[0]))')
if [ "$ready" = 1 ]; then
	known always-ready "select says that an empty channel is ready"
else
	goneaway always-ready "select waits for a message"
fi
cat >$W/catches.py <<-'P'
	import os, signal
	signal.signal(signal.SIGUSR1, lambda *_: os.write(1, b"caught"))
	os.read(0, 10)
P
python3 $W/catches.py <pipeline >$W/caught &
reader=$!
check catches-waits "a reader that catches a signal waits" blocked $reader
kill -USR1 $reader
marker
if [ -s $W/caught ]; then
	goneaway caught "a signal that is caught interrupts a blocked read"
else
	known caught "a signal that is caught waits until the read ends"
fi
echo x >>$B/pipeline
check caught-later "it is caught when the read ends" await $W/caught caught
rm pipeline

same name-free "$(touch pipeline && ls | one)" "ctl|pipeline|" # EN-5
