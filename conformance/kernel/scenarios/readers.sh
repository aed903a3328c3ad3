# title: GNU tools, bash, Python and Node read messages whole, once, and before a later marker
# rules: CH-1 CH-2 LX-2 LX-3 LX-4 LX-6 EN-2
# tools: host
# limit: 900
. /tmp/s/guest.sh

# forever ID COMMAND...: a reader that goes on reading: each message is out before a marker.
forever() {
	id=$1
	shift
	touch $A/$id
	"$@" <$A/$id >$W/$id 2>$W/$id.err &
	reader=$!
	check $id-waits "$id waits for a message" blocked $reader
	printf 'one\n' >>$B/$id
	marker
	same $id-one "$(one <$W/$id)" 'one|'
	printf 'two\nthree\n' >>$B/$id
	marker
	same $id-two "$(one <$W/$id)" 'one|two|three|'
	printf 'four\n' >>$B/$id
	printf 'five\nsix\n' >>$B/$id
	marker
	same $id-more "$(one <$W/$id)" 'one|two|three|four|five|six|'
	check $id-waits-on "$id waits for more" blocked $reader
	kill $reader
	check $id-killed "a killed $id is gone" gone $reader
	same $id-said "$(one <$W/$id.err)" ''
	rm $A/$id
}

# once ID WANT COMMAND...: a reader that ends by itself; what it leaves goes to the next.
once() {
	id=$1 want=$2
	shift 2
	touch $A/$id
	"$@" <$A/$id >$W/$id 2>$W/$id.err &
	reader=$!
	check $id-waits "$id waits for a message" blocked $reader
	printf 'abc\n' >>$B/$id
	printf 'def\n' >>$B/$id &
	writer=$!
	[ "$want" = 'abc|' ] || gone $writer
	check $id-ends "$id ends" gone $reader
	same $id "$(one <$W/$id)" "$want"
	if [ "$want" = 'abc|' ]; then
		once_rest $id
	fi
	rm $A/$id
}
once_rest() {
	check $1-left "the next message waits for the next reader" blocked $writer
	cat $A/$1 >$W/$1.rest &
	rest=$!
	check $1-rest "the next reader gets it whole" await $W/$1.rest def
	same $1-rest "$(one <$W/$1.rest)" 'def|'
	kill $rest
	gone $rest
}

forever cat cat
forever tee tee $W/tee.copy
same tee-copy "$(one <$W/tee.copy)" 'one|two|three|four|five|six|'
forever dd dd bs=8192 status=none
once dd-one 'abc|' dd bs=64 count=1 status=none
once dd-fullblock 'abc|def|' dd bs=8 count=1 iflag=fullblock status=none
once head 'abc|' head -n 1
once head-c 'abc|def|' head -c 8

bash_loop() { while IFS= read -r line; do echo "$line"; done; }
forever bash-read bash_loop
once bash-read-one 'abc|' bash -c 'read -r line; echo "$line"'

cat >$W/buffered.py <<-'P'
	import sys
	for line in open(0):
	    print(line, end="", flush=True)
P
cat >$W/unbuffered.py <<-'P'
	import os
	while data := os.read(0, 65536):
	    os.write(1, data)
P
cat >$W/nonblock.py <<-'P'
	import fcntl, os, sys
	fcntl.fcntl(0, fcntl.F_SETFL, fcntl.fcntl(0, fcntl.F_GETFL) | os.O_NONBLOCK)
	while data := os.read(0, 4096):
	    os.write(1, data)
P
forever python-buffered python3 $W/buffered.py
forever python-unbuffered python3 $W/unbuffered.py
forever python-nonblock python3 $W/nonblock.py

cat >$W/stream.mjs <<-'J'
	import { createReadStream, writeSync } from "node:fs";
	createReadStream(process.argv[2]).on("data", (data) => writeSync(1, data));
J
forever node-stream $NODE $W/stream.mjs $A/node-stream

# tail reads to the end, which is when the channel is removed.
touch $A/tail
tail -n 2 $A/tail >$W/tail &
tail=$!
blocked $tail
printf 'one\n' >>$B/tail
printf 'two\nthree\n' >>$B/tail
marker
check tail-waits "tail waits for the end" blocked $tail
rm $B/tail
check tail-ends "tail ends when the channel is removed" gone $tail
same tail "$(one <$W/tail)" 'two|three|'
