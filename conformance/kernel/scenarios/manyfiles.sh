# title: 5,000 files: ls shows each once, rm -r leaves none
# rules: TR-20 TR-21 TR-22 TR-18
# mounts: - msize=8192
# limit: 600
. /tmp/s/guest.sh

cd $A
mkdir d
seq 1 5000 | sed 's,^,d/a-file-whose-name-is-long-enough-,' | xargs touch
same ls "$(ls d | sort -u | wc -l) $(ls d | wc -l)" "5000 5000"
same ls-8192 "$(ls $B/d | sort -u | wc -l) $(ls $B/d | wc -l)" "5000 5000"
same ctl "$(sed 1d ctl | wc -l)" 5000
same ls-l "$(ls -l d | grep -c '^-')" 5000
rm -r d
same rm-r "$? $(ls | one)" "0 ctl|"
same ctl-after "$(sed 1d ctl | wc -l)" 0
