# title: a channel of capacity 256: 256 writes go through, the next waits, all come out in order
# rules: CH-2 CH-4 CH-6 CT-1 CT-6 CT-8 CT-10 TR-26
# users: root user
. /tmp/s/guest.sh

cd $A
touch pipeline
echo "/pipeline 256" >>ctl
same resize "$?" 0
cat ctl >$W/ctl
same ctl-header "$(head -n 1 $W/ctl)" "# filename | channel size | rx | tx | average rx | average tx"
same ctl-line "$(sed -n 2p $W/ctl | cut -f 1,2 | one)" "/pipeline>256|"
check ctl-columns "six columns, digits after the path" \
	grep -qE "^/pipeline$(printf '(\t[0-9]+){5}')\$" $W/ctl
same ctl-lines "$(wc -l <$W/ctl | tr -d ' ')" 2

i=0
while [ $i -lt 256 ]; do
	i=$((i + 1))
	echo "message $i" >>$B/pipeline || break
done
same queued "$i $?" "256 0"
echo "message 257" >>$B/pipeline &
last=$!
check full "the 257th write waits" blocked $last
seq 1 257 | sed "s/^/message /" >$W/want
cat pipeline >$W/out &
cat=$!
check drained "all come out" await $W/out "message 257"
check in-order "in the order of their writes" cmp $W/out $W/want
check writer-returns "the 257th write returns" gone $last
wait $last
same writer-status "$?" 0
check reader-waits "the reader waits again" blocked $cat
kill $cat
gone $cat

# Shrinking keeps what is queued, and holds new writers back until there is room.
echo one >>$B/pipeline
echo two >>$B/pipeline
echo "/pipeline 1" >>ctl
same shrink "$?" 0
echo three >>$B/pipeline &
writer=$!
check shrunk-full "a write waits after shrinking" blocked $writer
cat pipeline >$W/shrunk &
cat=$!
check shrunk-drained "nothing queued was lost" await $W/shrunk three
same shrunk-order "$(one <$W/shrunk)" "one|two|three|"
kill $cat
gone $cat
rm pipeline
