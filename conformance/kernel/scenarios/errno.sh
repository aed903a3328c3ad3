# title: refusals come with the errno that they mean
# rules: ER-1 TR-7 TR-8 TR-14 TR-18 EN-3 CT-9
# tools: host
# limit: 300
. /tmp/s/guest.sh

cd $A
touch p
mkdir d
refused long-name "File name too long" mkdir "$(printf '%0256d' 0)"
refused control-character "File name too long" touch "$(printf 'a\001b')"
refused bad-utf8 "File name too long" touch "$(printf 'a\377b')"
touch "$(printf '%0255d' 0)"
same longest-name "$?" 0
refused exists "File exists" mkdir p
refused not-empty "Operation not permitted" rm ctl
refused is-directory "s a directory" cat d
refused not-a-directory "Not a directory" ls p/x
refused missing "No such file or directory" ls p2
refused truncate "Operation not permitted" truncate -s 1 p
refused link "Operation not permitted" ln p q
refused symlink "Operation not permitted" ln -s p q
refused fifo "Operation not permitted" mkfifo q

cat >$W/errno.py <<-'P'
	import errno, os, sys
	def name(call):
	    try: return "none " + repr(call())
	    except OSError as e: return errno.errorcode[e.errno]
	a, b = sys.argv[1:]
	r = os.open(a + "/gone", os.O_RDONLY | os.O_CREAT)
	w = os.open(b + "/gone", os.O_WRONLY)
	os.unlink(b + "/gone")
	print("read", name(lambda: os.read(r, 10)))
	print("write", name(lambda: os.write(w, b"x")))
	print("fstat", name(lambda: os.fstat(r)))
	print("fchmod", name(lambda: os.fchmod(r, 0o600)))
	print("open", name(lambda: os.open(a + "/gone", os.O_RDONLY)))
	print("ctl", name(lambda: os.write(os.open(a + "/ctl", os.O_WRONLY), b"/p -1\n")))
P
python3 $W/errno.py $A $B >$W/errno 2>&1
note "$(one <$W/errno)"
same removed-read "$(grep ^read $W/errno)" "read none b''"
# The mount that holds it open walks from the fid it has.
same removed-open "$(grep ^open $W/errno)" "open EIDRM"
same removed-fchmod "$(grep ^fchmod $W/errno)" "fchmod EIDRM"
for call in write ctl; do
	[ $call = write ] && want=EIDRM || want=EINVAL
	got=$(sed -n "s/^$call //p" $W/errno)
	if ! netfs; then
		same refused-$call "$got" $want
	elif [ "$got" = "none 0" ]; then
		known refused-$call "write(2) returns 0, without an errno, for $want"
	elif [ "$got" = $want ]; then
		goneaway refused-$call "a refused write has its true errno: $want"
	else
		fail refused-$call "got $got, want $want"
	fi
done
