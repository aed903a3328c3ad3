# Completion of dchan(1) for bash: source it, or put it where bash-completion looks.

_dchan() {
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
	local commands="ls stat create read write rm ctl trace conformance"
	local flags="-a -s -m -d -D --linux= --keepalive= --msize= --connections= --fids= --requests=
		--files= --capacity= --channel-bytes= --queued-bytes= --blocked-bytes= --all-blocked-bytes=
		--rest-bytes= --unsent-bytes= --buffer-bytes= --snapshot-bytes= --help --version"
	case $before in
	-m)
		mapfile -t COMPREPLY < <(compgen -d -- "$word")
		return
		;;
	-a | -s | --addr | --uname | -n) return ;;
	esac
	case ${COMP_WORDS[1]} in
	ls | stat | create | read | write | rm | ctl)
		mapfile -t COMPREPLY < <(compgen -W "--addr --uname -l -d -f -n -0 --whole --help" -- "$word")
		;;
	*) mapfile -t COMPREPLY < <(compgen -W "$flags $commands" -- "$word") ;;
	esac
}
complete -o nospace -F _dchan dchan
