# title: the README's transcript: ls, touch, cat waits, echo passes a message
# rules: TR-1 TR-3 CH-1 CH-2 CH-5 LX-2 LX-4
# users: root user
. /tmp/s/guest.sh

cd $A
same ls "$(ls)" ctl
touch pipeline
check touch "touch creates pipeline" test -f pipeline
same ls-after "$(ls | one)" "ctl|pipeline|"
same length "$(stat -c %s ctl pipeline | one)" "0|0|"

cat pipeline >$W/out &
cat=$!
check cat-blocks "cat waits for a message" blocked $cat
same nothing-yet "$(all $W/out)" ""

echo AAAAAAAAAAAAAa >>$B/pipeline
same echo-returns "$?" 0
marker
same message-before-marker "$(cat $W/out)" AAAAAAAAAAAAAa
check cat-keeps-waiting "cat has not ended" blocked $cat

echo second >>$B/pipeline
marker
same second-message "$(cat $W/out | one)" "AAAAAAAAAAAAAa|second|"

# A killed cat is gone, and takes nothing with it: the next message goes whole to the next reader.
kill $cat
check killed-cat "a killed cat is gone" gone $cat
cat pipeline >$W/next &
cat=$!
blocked $cat
echo BBBBBBBBBBBBBB >>$B/pipeline
marker
same after-killed-cat "$(cat $W/next)" BBBBBBBBBBBBBB
same nothing-more "$(cat $W/out | one)" "AAAAAAAAAAAAAa|second|"
kill $cat
gone $cat

# A killed echo leaves nothing: its message is never delivered.
echo never >>$B/pipeline &
echo=$!
check echo-blocks "echo waits for a reader" blocked $echo
kill $echo
check killed-echo "a killed echo is gone" gone $echo
cat pipeline >$W/last &
cat=$!
blocked $cat
echo CCC >>$B/pipeline
marker
same after-killed-echo "$(cat $W/last)" CCC
kill $cat
gone $cat
unmarker
rm pipeline
same rm "$? $(ls | one)" "0 ctl|"
