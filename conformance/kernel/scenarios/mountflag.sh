# title: -m mounts with the kernel's client over a Unix socket, and unmounts; -s posts one to mount
# rules: CH-1
# tools: host
# mounts: none
# limit: 900
. /tmp/s/guest.sh

M=/tmp/n/3
export NAMESPACE=$W/ns
[ -f "$CLI" ] || CLI=/mnt$CLI # a build below /tmp
dchan() { exec "$NODE" "$CLI" "$@" 1>>$W/said 2>>$W/err; }
pass() { # pass FOLDER TEXT: a message from an echo to a cat
	touch $1/pipeline
	cat $1/pipeline >$W/passed &
	pass_cat=$!
	blocked $pass_cat
	echo "$2" >>$1/pipeline &
	check "pass-$2" "a message goes through $1" await $W/passed "$2"
	kill $pass_cat # first: since 6.8 rm waits for a reader on the same mount
	check "end-$2" "its reader ends" gone $pass_cat
	rm $1/pipeline
}

dchan -m $M &
server=$!
await $W/said "mounted on $M" 300 || fail mounts "says [$(one <$W/said)] [$(one <$W/err)]"
check mounted "it is mounted" mounted 3
check over-unix "over a Unix socket" grep -q "^/.*/dchan $M 9p .*trans=unix" /proc/mounts
same ls "$(ls $M)" ctl
pass $M first
kill $server
check stops "SIGTERM ends it" gone $server
wait $server
same status $? 0
check unmounted "it is unmounted" not mounted 3
same cleaned "$(ls -d /tmp/dchan-* 2>&1 | grep -c 'No such')" 1
same silent "$(one <$W/err)" ""

# Somebody still has a file open there: it is unmounted all the same.
: >$W/said
dchan -m $M -s svc &
server=$!
await $W/said "mounted on $M" 300
check posted "the socket is posted" test -S $NAMESPACE/svc
same private "$(stat -c %a $NAMESPACE $NAMESPACE/svc | one)" "700|600|"
mkdir -p /tmp/n/4
check by-hand "mount -t 9p -o trans=unix" \
	mount -t 9p -o trans=unix,sync,cache=none $NAMESPACE/svc /tmp/n/4
touch $M/held
cat $M/held >$W/held &
cat=$!
blocked $cat
same one-tree "$(ls /tmp/n/4 | one)" "ctl|held|"
pass /tmp/n/4 second
umount /tmp/n/4
kill -INT $server || fail int "no server"
kill $server
check stops-busy "it ends though a file is open there" gone $server
wait $server
same status-busy $? 0
check unmounted-busy "it is unmounted" not mounted 3
check removed "the socket is removed" not test -e $NAMESPACE/svc
check reader-ends "the reader ends with the server" gone $cat

# A mount point that is none: one line, status 1, and nothing is left.
: >$W/err
dchan -m $W/none &
server=$!
check refuses "it ends" gone $server 300
wait $server
same status-refused $? 1
same says "$(one <$W/err | cut -d: -f1,2)" "dchan: can't mount on $W/none"
same one-line "$(grep -c . $W/err)" 1

# The mount command dies after it has mounted: what it did is undone.
real=$(command -v mount)
mkdir $W/bin
printf '#!/bin/sh\n%s "$@" && kill -9 $$\n' $real >$W/bin/mount
chmod +x $W/bin/mount
: >$W/err
PATH=$W/bin:$PATH dchan -m $M &
server=$!
gone $server 300
wait $server
same status-crash $? 1
same says-crash "$(one <$W/err)" "dchan: can't mount on $M: mount ended by SIGKILL|"
check unmounted-crash "it is unmounted" not mounted 3

# One with something on it that is not ours: that stays.
mount -t tmpfs mine $M
: >$W/err
dchan -m $M/none &
server=$!
gone $server 300
check stays "what was mounted there stays" mounted 3
umount $M
