# What every scenario has at hand; sourced by sh of BusyBox and by bash. Descriptor 3 is the host.
# A and B are the two mounts, W an empty folder of the scenario's own. Waiting is by polling with a
# generous hang limit: no scenario asserts how long anything takes.
BB=/tmp/bin/busybox
A=/tmp/n/1
B=/tmp/n/2

say() { echo "$*" >&3; }
one() { tr '\n\t' '|>' | tr -cd ' -~'; }
ok() { say "@ok $*"; }
fail() { say "@fail $(echo "$*" | one)"; }
note() { say "@note $(echo "$*" | one)"; }

# check ID TEXT COMMAND...: the command must succeed.
check() {
	check_id=$1 check_text=$2
	shift 2
	if "$@"; then ok "$check_id" "$check_text"; else fail "$check_id" "$check_text: not so: $*"; fi
}

# same ID GOT WANT: two texts must be equal.
same() {
	if [ "$2" = "$3" ]; then ok "$1"; else fail "$1" "got [$2], want [$3]"; fi
}

# refused ID TEXT COMMAND...: the command must fail, with this text among what it says.
refused() {
	refused_id=$1 refused_text=$2
	shift 2
	if "$@" >"$W/said" 2>&1; then
		fail "$refused_id" "succeeded, want: $refused_text"
		return
	fi
	case $(cat "$W/said") in
	*"$refused_text"*) ok "$refused_id" "$refused_text" ;;
	*) fail "$refused_id" "said [$(cat "$W/said")], want: $refused_text" ;;
	esac
}
# The same for a write(2): kernels whose 9p stands on netfs let every refused one return 0, without
# an errno (seen: 6.12), of which BusyBox makes an EIO.
refused_write() {
	netfs || { refused "$@"; return; }
	refused_id=$1 refused_text=$2
	shift 2
	if "$@" >"$W/said" 2>&1; then
		fail "$refused_id" "succeeded, want: $refused_text"
		return
	fi
	case $(cat "$W/said") in
	*"Input/output error"*) known "$refused_id" "Input/output error for: $refused_text" ;;
	*"$refused_text"*) goneaway "$refused_id" "a refused write has its true errno: $refused_text" ;;
	*) fail "$refused_id" "said [$(cat "$W/said")], want: $refused_text" ;;
	esac
}
# netfs: whether this kernel's 9p reads and writes through netfs, which it does since 6.8.
netfs() {
	netfs_v=${KREL#*.}
	[ "${KREL%%.*}" -gt 6 ] || [ "${netfs_v%%[!0-9]*}" -ge 8 ]
}

# A known limit: `known ID TEXT` says that it still holds, `goneaway ID TEXT` that it went away.
known() { say "@known $*"; }
goneaway() { say "@gone $*"; }

# soon LIMIT COMMAND...: polls until the command succeeds; false after LIMIT seconds.
soon() {
	soon_end=$(($(date +%s) + $1))
	shift
	until "$@"; do
		[ "$(date +%s)" -lt $soon_end ] || return 1
		sleep 0.05
	done
}

not() { ! "$@"; }
has() { grep -qF -- "$2" "$1" 2>/dev/null; }
# A file's bytes; a trailing newline is shown, as command substitution would eat it.
all() { od -An -c "$1" | tr -d ' \n'; }
size() { wc -c <"$1" | tr -d ' '; }

# await FILE TEXT [LIMIT]: until the file contains the text.
await() { soon "${3:-120}" has "$1" "$2"; }

# dead PID: whether all its threads have ended (its first may end before the others). Builtins only:
# processes are dear in an emulated machine.
dead() {
	for dead_t in "/proc/$1/task"/*; do
		dead_s=
		{ read -r dead_s <"$dead_t/stat"; } 2>/dev/null
		case ${dead_s##*) } in Z* | X* | "") ;; *) return 1 ;; esac
	done
}
alive() { ! dead "$1"; }
# gone PID [LIMIT]: until the process has ended.
gone() { soon "${2:-60}" dead "$1"; }

# rpc PID: whether one of its threads waits for an answer of a 9P server, in a read or a write (not
# in an open or a stat, which wait for one as well): (p)read(v), (p)write(v), sendfile, splice and
# copy_file_range.
rpc() {
	for rpc_t in "/proc/$1/task"/*; do
		rpc_w= rpc_c=
		{ read -r rpc_w <"$rpc_t/wchan"; } 2>/dev/null
		{ read -r rpc_c rpc_rest <"$rpc_t/syscall"; } 2>/dev/null
		case $rpc_w/$rpc_c in
		p9_*/0 | p9_*/1 | p9_*/1[789] | p9_*/20 | p9_*/40 | p9_*/275 | p9_*/326) return 0 ;;
		esac
	done
	return 1
}
# blocked PID [LIMIT]: until it waits so.
blocked() { soon "${2:-120}" rpc "$1"; }

# mnt N [OPTIONS [PORT]]: the README's mount line, on /tmp/n/N. Root only.
mnt() {
	mnt_o="port=${3:-$PORT},sync,cache=none"
	$BB lsmod | $BB grep -q ^9pnet_virtio && mnt_o="trans=tcp,$mnt_o"
	[ -z "$UIDOPT" ] || mnt_o="$mnt_o,$UIDOPT"
	[ -z "$2" ] || mnt_o="$mnt_o,$2"
	$BB mount -t 9p -o "$mnt_o" 10.0.2.2 "/tmp/n/$1"
}
mounted() { $BB grep -q " /tmp/n/$1 " /proc/mounts; }

# marker: sends a marker through a channel of its own, from the second mount to the first, and waits
# for it. What the server did before is then done, and had every chance to be seen.
marker() {
	marker_n=$((${marker_n:-0} + 1))
	[ $marker_n -gt 1 ] || touch "$A/.marker" || return 1
	cat "$A/.marker" >"$W/marker.$marker_n" &
	marker_cat=$!
	echo "marker $marker_n" >>"$B/.marker" &
	marker_echo=$!
	await "$W/marker.$marker_n" "marker $marker_n" || { fail marker "marker $marker_n"; return 1; }
	kill $marker_cat
	wait $marker_cat $marker_echo 2>/dev/null
	return 0
}
unmarker() { rm -f "$A/.marker"; marker_n=0; }

# host REQUEST: asks the runner to `restart`, `stop` or `start` the server; true when it has.
host() {
	say "@host $*"
	read -r host_answer <&3
	[ "$host_answer" = done ]
}

# message N: a file of N bytes in $W, a newline last, whose name it says.
message() {
	[ -f "$W/message.$1" ] || {
		yes "$1 bytes: 0123456789abcdefghijklmnopqrstuvwxyz" | head -c $(($1 - 1))
		echo
	} >"$W/message.$1"
	echo "$W/message.$1"
}
# msize N: what the Nth mount agreed on with the server.
msize() {
	case $KREL in 6.1.*) msize_default=131072 ;; *) msize_default=131096 ;; esac
	msize_seen=$(sed -n "s#^[^ ]* /tmp/n/$1 9p .*msize=\([0-9]*\).*#\1#p" /proc/mounts)
	echo "${msize_seen:-$msize_default}"
}

# sessions PID: the processes of the session PID leads.
sessions() {
	for sessions_f in /proc/[0-9]*; do
		sessions_s=
		{ read -r sessions_s <"$sessions_f/stat"; } 2>/dev/null
		# After the name in parentheses: state, parent, group, session.
		sessions_s=${sessions_s##*) ? }
		sessions_s=${sessions_s#* }
		sessions_s=${sessions_s#* }
		[ "${sessions_s%% *}" = "$1" ] || continue
		dead "${sessions_f#/proc/}" || echo "${sessions_f#/proc/}"
	done
}
none_left() { [ -z "$(sessions "$1")" ]; }
