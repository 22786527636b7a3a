# Makes C of presets: awk -f embed.awk NAME.preset... ; comments are left out, line numbers stay.
# Of dialects, too: -v array=NAME_OF_THE_ARRAY -v header=FILE_THAT_DECLARES_IT.
BEGIN {
	if (array == "") {
		array = "preset_builtins"
		header = "preset_builtin.h"
	}
	print "/* Made by presets/embed.awk. */"
	printf "#include \"%s\"\n\n", header
	printf "const struct preset_builtin %s[] = {\n", array
}
FNR == 1 {
	if (NR > 1)
		print "\t},"
	name = FILENAME
	sub(/.*\//, "", name)
	sub(/\.[^.]*$/, "", name)
	printf "\t{ .name = \"%s\", .text =\n", name
}
{
	line = $0
	if (line ~ /^[ \t]*#/)
		line = ""
	gsub(/\\/, "\\\\", line)
	gsub(/"/, "\\\"", line)
	printf "\t    \"%s\\n\"\n", line
}
END {
	print "\t},\n\t{ .name = 0, .text = 0 },\n};"
}
