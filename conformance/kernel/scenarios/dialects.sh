# title: other versions and options of mount: 9p2000, 9p2000.u, cache=loose, msize=1048576
# rules: ER-7 ER-8 LX-1 TR-24 CH-1
# mounts: version=9p2000 version=9p2000.u cache=loose msize=1048576
# limit: 300
. /tmp/s/guest.sh

pass() { # FROM TO: numbers of mounts
	touch /tmp/n/$1/p$1$2
	cat /tmp/n/$1/p$1$2 >$W/out.$1$2 &
	cat=$!
	check $1-$2-waits "cat waits" blocked $cat
	echo first >>/tmp/n/$2/p$1$2
	marker
	same $1-$2-first "$(one <$W/out.$1$2)" "first|"
	echo second >>/tmp/n/$2/p$1$2
	marker
	same $1-$2-second "$(one <$W/out.$1$2)" "first|second|"
	same $1-$2-ctl "$(grep "^/p$1$2" /tmp/n/$1/ctl | cut -f 1,2 | one)" "/p$1$2>0|"
	kill $cat
	check $1-$2-killed "a killed cat is gone" gone $cat
}
pass 1 2
pass 2 1
# cache=loose before netfs is a page cache: it writes whole pages again, old bytes and all.
if netfs; then
	pass 3 4
	pass 4 3
else
	note "cache=loose is for kernels with netfs"
	pass 1 4
	pass 4 1
fi
