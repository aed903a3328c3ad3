# title: cat ctl >x; cat x >ctl with 20,000 channels changes nothing
# rules: CT-1 CT-4 CT-6 CT-7 CT-8
# mounts: - msize=8192
# limit: 1200
. /tmp/s/guest.sh

cd $A
mkdir some
i=0
while [ $i -lt 20000 ]; do
	i=$((i + 1))
	: >some/$i
done
echo "/some/7 7" >>ctl
echo "/some/20000 123" >>ctl
cat ctl >$W/x
same lines "$(wc -l <$W/x)" 20001
cat $W/x >ctl
same written "$?" 0
cat ctl >$W/y
check default "nothing changed" cmp $W/x $W/y
cat $B/ctl >$W/x8
check ctl-8192 "the same by a mount of msize=8192" cmp $W/x $W/x8
cat $W/x8 >$B/ctl
same written-8192 "$?" 0
cat $B/ctl >$W/y8
check 8192 "nothing changed" cmp $W/x $W/y8
sed -i 's/^\(.some.9\)\t0/\1\t9/' $W/x
cat $W/x >$B/ctl
same applied "$(grep -e '^/some/9	' ctl | cut -f 1,2 | one)" "/some/9>9|"
rm -r some
