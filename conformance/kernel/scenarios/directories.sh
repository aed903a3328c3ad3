# title: directories, removal, and errors with their true errno
# rules: TR-1 TR-3 TR-7 TR-18 TR-19 CT-8 CT-9 ER-1 EN-5
# users: root user
. /tmp/s/guest.sh

to_ctl() { sh -c 'echo "$1" >>ctl' to_ctl "$1"; }

cd $A
mkdir d
same mkdir "$?" 0
mkdir -p d/e/f
same nested-mkdir "$?" 0
touch d/e/f/chan
same nested-touch "$(find . | sort | one)" ".|./ctl|./d|./d/e|./d/e/f|./d/e/f/chan|"
same other-mount "$(cd $B && find . | sort | one)" ".|./ctl|./d|./d/e|./d/e/f|./d/e/f/chan|"
cat d/e/f/chan >$W/out &
cat=$!
blocked $cat
echo deep >>$B/d/e/f/chan
marker
same nested-message "$(cat $W/out)" deep
kill $cat
gone $cat
same nested-ctl "$(sed 1d ctl | cut -f 1 | one)" "/.marker|/d/e/f/chan|"
unmarker

refused cat-missing "No such file or directory" cat missing
refused ls-missing "No such file or directory" ls missing
refused mkdir-existing "File exists" mkdir d
refused rmdir-full "Directory not empty" rmdir d
refused rmdir-deep "Directory not empty" rmdir d/e
refused cd-file "Not a directory" ls d/e/f/chan/x
refused rm-ctl "Operation not permitted" rm ctl
refused_write ctl-missing "No such file or directory" to_ctl "/nope 3"
touch pipeline
refused_write ctl-word "Invalid argument" to_ctl "/pipeline x"
refused_write ctl-directory "s a directory" to_ctl "/d 3"
refused_write ctl-itself "Operation not permitted" to_ctl "/ctl 3"
touch other
refused mv-onto "File exists" mv -f pipeline other
rm other
same unchanged "$(sed 1d ctl | cut -f 1,2 | one)" "/d/e/f/chan>0|/pipeline>0|"

rm d/e/f/chan
same rm "$?" 0
rmdir d/e/f
same rmdir "$? $(ls d/e)" "0 "
touch d/e/f
same name-is-free "$? $(find d | sort | one)" "0 d|d/e|d/e/f|"
rm -r d
same rm-r "$? $(ls | one)" "0 ctl|pipeline|"
rm pipeline
same empty "$(ls -A | one)" "ctl|"
