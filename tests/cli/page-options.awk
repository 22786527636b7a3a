# Prints every option that a page documents, one a line as it is typed: the words after Fl in the
# .It lines of DESCRIPTION and OPTIONS.  -? is left out, an alias of -h that --help does not list.
/^\.Sh/ { listing = $2 ~ /^(DESCRIPTION|OPTIONS)$/ }
listing && /^\.It / {
	flag = 0
	for (i = 2; i <= NF; i++) {
		if ($i == "Fl")
			flag = 1
		else if ($i ~ /^[A-Z][a-z]$/)
			flag = 0
		else if (flag && $i !~ /^([,|()\[\]]|\\&\?)$/)
			print "-" $i
	}
}
