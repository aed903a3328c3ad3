# title: files whose size the kernel believes to have grown: no endless loop, and the guest lives
# rules: LX-3 LX-8 EN-2 CT-1
# limit: 600
. /tmp/s/guest.sh

cd $A
# A channel, written to and read on one mount, then removed while a reader has it open.
touch grown
exec 5<grown
cat $B/grown >$W/consumer &
consumer=$!
i=0
while [ $i -lt 50 ]; do
	i=$((i + 1))
	echo "a message that makes the kernel believe the file has grown: $i" >>grown
done
await $W/consumer "grown: 50"
kill $consumer
gone $consumer
cat <&5 >$W/rest 2>$W/rest.err &
reader=$!
check removed-waits "a reader waits" blocked $reader
rm $B/grown
check removed-ends "it ends when the channel is removed" gone $reader 120
same removed-nothing "$(one <$W/rest)" ''
cat <&5 >$W/rest 2>$W/rest.err &
reader=$!
check removed-again "so does a new one" gone $reader 120
eof_said=$(one <$W/rest.err)
case $eof_said in
'') if netfs; then goneaway removed-eof "a grown channel ends without an error"; else ok removed-eof; fi ;;
*"No data available"*) if netfs; then known removed-eof "$eof_said"; else fail removed-eof "$eof_said"; fi ;;
*) fail removed-eof "$eof_said" ;;
esac
exec 5<&-

# ctl, held open and written to often.
touch pipeline
exec 6>>ctl
i=0
while [ $i -lt 50 ]; do
	i=$((i + 1))
	echo "/pipeline $i" >&6
done
cat ctl >$W/ctl 2>$W/ctl.err &
reader=$!
check ctl-ends "cat ctl ends" gone $reader 120
ctl_line=$(grep ^/pipeline $W/ctl | cut -f 1,2 | one)
case $(one <$W/ctl.err)$ctl_line in
"/pipeline>50|")
	if netfs; then goneaway ctl-line "a ctl held open and written to can be read"; else ok ctl-line; fi
	;;
*"Input/output error|")
	if netfs; then known ctl-line "a ctl held open and written to: Input/output error (LX-8)"
	else fail ctl-line "$(one <$W/ctl.err)"; fi
	;;
*) fail ctl-line "got [$ctl_line], said [$(one <$W/ctl.err)]" ;;
esac
exec 6>&-
cat ctl >$W/ctl 2>&1
same ctl-after "$(grep ^/pipeline $W/ctl | cut -f 1,2 | one)" "/pipeline>50|"
echo alive >$W/alive
same alive "$(cat $W/alive)" alive
