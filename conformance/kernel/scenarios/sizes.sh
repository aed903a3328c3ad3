# title: messages of all sizes through GNU cat, with the default msize and with 8192
# rules: CH-1 CH-2 CH-8 LX-2 LX-3 LX-4 ER-8 ER-9
# tools: host
# mounts: - - msize=8192 msize=8192
# limit: 600
. /tmp/s/guest.sh

# A message as large as msize - 24 fills the answer: no 0 is owed, and a caller whose buffer is
# larger (GNU cat's is 128 KiB) sees it only when the next message comes. A known limit.
sizes() { # READERS WRITERS: numbers of mounts
	msize=$(msize $1)
	full=$((msize - 24))
	note "mounts $1 and $2: msize $msize"
	touch /tmp/n/$1/sizes
	cat /tmp/n/$1/sizes >$W/out.$1 &
	cat=$!
	: >$W/want
	for n in 1 24 25 100 4096 $((msize - 25)) $full $((3 * msize)); do
		blocked $cat || fail sizes-$msize-$n "cat does not wait"
		dd if=$(message $n) of=/tmp/n/$2/sizes bs=$n count=1 conv=notrunc status=none &
		writer=$!
		check written-$msize-$n "the writer of $n bytes returns" gone $writer
		cat $(message $n) >>$W/want
		marker
		if [ $n = $full ] && [ $n -lt 131072 ]; then
			if cmp -s $W/out.$1 $W/want; then
				goneaway full-$msize "a message of msize - 24 bytes is seen at once"
			else
				known full-$msize "a message of msize - 24 bytes is seen when the next one comes"
				echo next >>/tmp/n/$2/sizes
				echo next >>$W/want
				marker
			fi
		fi
		check whole-$msize-$n "$n bytes: whole, once, before a marker" cmp $W/out.$1 $W/want
	done
	kill $cat
	gone $cat
}
sizes 1 2
sizes 3 4
