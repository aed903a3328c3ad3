# enter.sh ID USER PORT TOOLS MOUNT...: runs one scenario, as root or as an ordinary user, between
# its mounts and a cleaning that proves nothing was left stuck. Descriptor 3 is the host.
ID=$1 USER=$2 PORT=$3 TOOLS=$4
shift 4
. /tmp/s/guest.sh
. /env
say "@begin $ID $USER"
W=/tmp/w
rm -rf $W
mkdir -m 777 $W
UIDOPT=
[ "$USER" = root ] || UIDOPT=dfltuid=1000,dfltgid=1000
export ID USER PORT TOOLS W UIDOPT NODE CLI KREL

share() {
	grep -q " /host 9p " /proc/mounts && return 0
	insmod /modules/9pnet_virtio.ko 2>/dev/null
	mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144,cache=loose,ro host /host || return 1
	# Once more, below /mnt, as its /tmp is about to be ours.
	mount --bind /host /host/mnt
	mount --make-rshared /tmp
	mount --rbind /tmp /host/tmp
	mount --bind /proc /host/proc
	mount --bind /dev /host/dev
}

status=1
if [ "$TOOLS" = host ] && ! share; then
	fail share "the host's files can't be mounted"
else
	n=0
	for options in "$@"; do
		n=$((n + 1))
		[ "$options" = - ] && options=
		mnt $n "$options" || fail mount-$n "mount $n failed: $options"
	done
	cd /
	case $TOOLS-$USER in
	busybox-root) setsid sh /tmp/s/$ID.sh & ;;
	busybox-*) setsid su -s /bin/sh "$USER" -c "sh /tmp/s/$ID.sh" & ;;
	host-*) PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin \
		setsid chroot /host bash /tmp/s/$ID.sh & ;;
	esac
	child=$!
	wait $child
	status=$?
	[ $status = 0 ] || fail script "the script ended with status $status"
fi
clean=clean
for pid in $(sessions $child); do kill -9 $pid 2>/dev/null; done
soon 30 none_left $child || {
	clean=dirty
	fail stuck "processes that can't be killed: $(for p in $(sessions $child); do
		echo "$p $(tr '\0' ' ' </proc/$p/cmdline) $(cat /proc/$p/task/*/wchan)"; done)"
}
for n in 1 2 3 4; do
	while mounted $n; do
		soon 20 umount /tmp/n/$n 2>/dev/null || {
			clean=dirty
			fail umount-$n "mount $n is busy"
			break
		}
	done
done
say "@end $ID $status $clean"
