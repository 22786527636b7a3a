# Makes C of presets: awk -f embed.awk NAME.preset... ; comments are left out, line numbers stay.
BEGIN {
	print "/* Made of presets/ by presets/embed.awk. */"
	print "#include \"preset_builtin.h\"\n"
	print "const struct preset_builtin preset_builtins[] = {"
}
FNR == 1 {
	if (NR > 1)
		print "\t},"
	name = FILENAME
	sub(/.*\//, "", name)
	sub(/\.preset$/, "", name)
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
