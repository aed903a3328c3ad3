# title: two readers and many writers on different mounts; one reader and a writer on one mount
# rules: CH-1 CH-2 CH-3 CH-4 CH-13
# limit: 600
. /tmp/s/guest.sh

# Repeated, as only a race would break it.
round=0
while [ $round -lt 8 ]; do
	round=$((round + 1))
	touch $A/crowd
	cat $A/crowd >$W/one &
	one=$!
	cat $A/crowd >$W/two &
	two=$!
	blocked $one
	blocked $two
	: >$W/want
	i=0
	while [ $i -lt 10 ]; do
		i=$((i + 1))
		echo "round $round writer $i" >>$B/crowd &
		echo "round $round writer $i" >>$W/want
	done
	all_in() { cat $W/one $W/two | sort >$W/got; cmp -s $W/got $W/want.sorted; }
	sort $W/want >$W/want.sorted
	if soon 120 all_in; then
		ok round-$round "ten messages, each whole and once"
	else
		fail round-$round "$(one <$W/got)"
	fi
	kill $one $two
	gone $one
	gone $two
	rm $A/crowd
done

# One mount, one reader.
touch $A/single
cat $A/single >$W/single &
cat=$!
blocked $cat
echo one >>$A/single
echo two >>$A/single
marker
same single "$(one <$W/single)" 'one|two|'
kill $cat
gone $cat
