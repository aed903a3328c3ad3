# title: touch, mv, chmod, truncation, umask, other unames and dfltuid
# rules: TR-5 TR-6 TR-10 TR-11 TR-13 TR-14 TR-15 TR-16 TR-28 CT-6
# mounts: - - uname=glenda dfltuid=1000,dfltgid=1000
# limit: 300
. /tmp/s/guest.sh

G=/tmp/n/3
U=/tmp/n/4
cd $A
# can ID COMMAND...: it must succeed and say nothing.
can() {
	can_id=$1
	shift
	"$@" >$W/can 2>&1
	same $can_id "$? $(one <$W/can)" "0 "
}
can echo-ctl sh -c 'echo >ctl'
can touch-ctl touch ctl
can truncate-ctl sh -c ': >ctl'
can touch touch p
can touch-twice touch p
can touch-date touch -d '2001-02-03 04:05:06' p
can mv mv p q
same mv-ls "$(ls | one)" "ctl|q|"
same mv-other-mount "$(ls $B | one)" "ctl|q|"
mkdir d
touch d/x
can mv-directory mv d e
same mv-below "$(cat ctl | sed 1d | cut -f 1 | one)" "/e/x|/q|"
can chmod chmod 640 q
same chmod-mode "$(stat -c %a q)" 640
can chmod-directory chmod 750 e
same chmod-directory-mode "$(stat -c %a e)" 750
can truncate sh -c ': >q'
refused grow "Operation not permitted" truncate -s 5 q
refused chmod-ctl "Operation not permitted" chmod 600 ctl
refused mv-ctl "Operation not permitted" mv ctl lct

# Another uname: what the mode grants, and no more.
refused other-open "Permission denied" sh -c "echo x >>$G/q"
refused other-truncates "Permission denied" sh -c ": >$G/q"
refused other-walks "Permission denied" ls $G/e/x
chmod 666 q
cat q >$W/out &
cat=$!
blocked $cat
can other-writes sh -c "echo other >$G/q"
marker
same other-message "$(cat $W/out)" other
kill $cat
gone $cat
can other-touches touch $G/q
refused other-chmods "Permission denied" chmod 600 $G/q
can other-creates touch $G/r

# Who they seem to belong to, and umask.
same nobody "$(stat -c %u:%g q)" 4294967294:4294967294
same dfltuid "$(stat -c %u:%g $U/q)" 1000:1000
(umask 077; touch private; mkdir hidden)
same umask "$(stat -c %a private hidden | one)" "600|700|"
(umask 0; touch public)
same umask-0 "$(stat -c %a public)" 666
