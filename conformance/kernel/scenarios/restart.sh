# title: the server stops under blocked readers and writers; umount -l, and mount again
# rules: FL-6
# control: yes
# limit: 600
. /tmp/s/guest.sh

touch $A/pipeline $A/full
cat $A/pipeline >$W/out 2>$W/err &
cat=$!
echo waits >>$B/full &
echo=$!
check reader-waits "a reader waits" blocked $cat
check writer-waits "a writer waits" blocked $echo
host stop
check reader-ends "the reader ends when the server does" gone $cat
check writer-ends "the writer ends when the server does" gone $echo
note "a reader said [$(one <$W/err)]"
check dead-mount "the mount is of no more use" not ls $A
check umount-a "umount -l" umount -l $A
check umount-b "umount -l" umount -l $B
host start
check mount-a "mount again" mnt 1
check mount-b "mount again" mnt 2
same fresh "$(ls $A | one)" "ctl|"
touch $A/pipeline
cat $A/pipeline >$W/out &
cat=$!
blocked $cat
echo again >>$B/pipeline
marker
same passes "$(cat $W/out)" again
kill $cat
gone $cat
