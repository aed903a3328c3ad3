# title: threads that share a descriptor, with read and with pread: each message whole, and once
# rules: CH-1 CH-2 CH-13 LX-2 LX-7
# tools: host
# limit: 600
. /tmp/s/guest.sh

cat >$W/threads.py <<-'P'
	import os, sys, threading
	def reader():
	    while True:
	        data = os.pread(fd, 100, 0) if sys.argv[2] == "pread" else os.read(fd, 100)
	        if not data:
	            break
	        os.write(1, data)
	fd = os.open(sys.argv[1], os.O_RDONLY)
	threads = [threading.Thread(target=reader) for _ in range(4)]
	for t in threads: t.start()
	for t in threads: t.join()
P
for call in read pread; do
	touch $A/$call
	python3 $W/threads.py $A/$call $call >$W/$call 2>&1 &
	reader=$!
	check $call-waits "threads wait" blocked $reader
	i=0
	while [ $i -lt 40 ]; do
		i=$((i + 1))
		echo "$call $i" >>$B/$call
	done
	marker
	seq 1 40 | sed "s/^/$call /" >$W/want
	sort -k 2n $W/$call >$W/sorted
	check $call-all "each message whole, once, before a marker" cmp $W/sorted $W/want
	kill $reader
	if [ $call = pread ] || gone $reader 10; then
		check $call-killed "killed threads are gone" gone $reader
		[ $call = pread ] || goneaway killed "killed threads in read(2) of one descriptor all go at once"
		continue
	fi
	# read(2) on one descriptor takes turns. The kernel's client forgets a kill that came while a
	# thread waited for its turn: that thread sends one more Tread, and takes one more message.
	known killed "a killed thread that waited for its turn takes one more message"
	echo taken >>$B/$call
	n=0
	while ! gone $reader 5 && [ $n -lt 8 ]; do
		n=$((n + 1))
		echo taken >>$B/$call &
	done
	check $call-killed "then it is gone" gone $reader
done
