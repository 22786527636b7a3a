# bash page-run.bash FILE: runs the commands that page-examples.awk found, in order, in one shell and
# the current directory.  It must be called in network, mount and process namespaces of its own:
# ports and /run are then the page's, and what an example leaves running ends with them.
# Exit 0 when every command exited as it should; else says which did not.

ip link set lo up || exit 99
mount -t tmpfs tmpfs /run || exit 99

listening()
{
	awk '$4 == "0A"' /proc/net/tcp /proc/net/tcp6 | wc -l
	awk '$4 == "00010000"' /proc/net/unix | wc -l
}

wrong=0
while read -r expected command <&3; do
	before=$(listening)
	status=0
	eval "$command" >.output 2>&1 </dev/null 3<&- || status=$?
	if [ "$status" -ne "$expected" ]; then
		printf '%s\n  exit %s instead of %s, output:\n' "$command" "$status" "$expected"
		cat .output
		wrong=1
	fi
	# A reader's next command comes later than ours: a server put in the background listens
	# by then.
	case $command in
	*'&')
		for ((i = 0; i < 200; i++)); do
			[ "$(listening)" = "$before" ] || break
			sleep 0.05
		done ;;
	esac
done 3<"$1"
exit "$wrong"
