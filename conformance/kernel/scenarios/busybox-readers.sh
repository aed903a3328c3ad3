# title: BusyBox tools read messages whole, once, and before a later marker
# rules: CH-1 CH-2 LX-2 LX-3 LX-4 LX-6 EN-2
# users: root user
# limit: 600
. /tmp/s/guest.sh

forever() { # ID COMMAND...: as in readers
	id=$1
	shift
	touch $A/$id
	"$@" <$A/$id >$W/$id 2>$W/$id.err &
	reader=$!
	check $id-waits "$id waits for a message" blocked $reader
	printf 'one\n' >>$B/$id
	marker
	same $id-one "$(one <$W/$id)" 'one|'
	printf 'two\nthree\n' >>$B/$id
	marker
	same $id-two "$(one <$W/$id)" 'one|two|three|'
	check $id-waits-on "$id waits for more" blocked $reader
	kill $reader
	check $id-killed "a killed $id is gone" gone $reader
	same $id-said "$(one <$W/$id.err)" ''
	rm $A/$id
}
sh_loop() { while IFS= read -r line; do echo "$line"; done; }
forever cat cat
forever tee tee $W/tee.copy
forever sh-read sh_loop
forever dd dd bs=8192 2>/dev/null

touch $A/once
once() { # ID WANT COMMAND...
	id=$1 want=$2
	shift 2
	"$@" <$A/once >$W/$id 2>/dev/null &
	reader=$!
	check $id-waits "$id waits for a message" blocked $reader
	printf 'abc\n' >>$B/once
	case $want in *def*) printf 'def\n' >>$B/once ;; esac
	check $id-ends "$id ends" gone $reader
	same $id "$(one <$W/$id)" "$want"
}
once dd-one 'abc|' dd bs=64 count=1
once dd-fullblock 'abc|def|' dd bs=8 count=1 iflag=fullblock
once head 'abc|' head -n 1
once head-c 'abc|def|' head -c 8
rm $A/once
