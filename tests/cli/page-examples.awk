# Prints the commands of a page's EXAMPLES, one a line, each behind the exit status it must have and
# the program it needs ("-": none): the lines of literal displays (.Bd -literal to .Ed) and every .Dl.
# A command may go on over lines that end with a backslash.  All must succeed, but where an mdoc comment
# right before says otherwise:
#	.\" exit N		the command exits with N
#	.\" needs: PROGRAM	where that is missing the command is left out; php-fpm is started for it
#	.\" not run: WHY	the command is not executed
function plain(text)
{
	gsub(/\\&/, "", text)
	gsub(/\\-/, "-", text)
	gsub(/\\\(aq/, "'", text)
	gsub(/\\\(dq/, "\"", text)
	gsub(/\\\(ha/, "^", text)
	gsub(/\\\(ti/, "~", text)
	gsub(/\\\(ga/, "`", text)
	gsub(/\\e/, "\\", text)
	return text
}

function take(line)
{
	line = command plain(line)
	if (line ~ /\\$/) {
		command = substr(line, 1, length(line) - 1)
		return
	}
	if (line !~ /^[ \t]*$/ && !skip)
		print status + 0, needs == "" ? "-" : needs, line
	command = status = needs = ""
	skip = 0
}

/^\.Sh/ { examples = $2 == "EXAMPLES" }
!examples { next }
/^\.\\" exit / { status = $3 }
/^\.\\" needs: / { needs = $3 }
/^\.\\" not run: / { skip = 1 }
/^\.Bd .*-literal/ { literal = 1 }
/^\.Ed/ { literal = 0 }
/^\.Dl / { take(substr($0, 5)) }
literal && !/^\./ { take($0) }
