# fish completion for fcgi-echo(1)

complete -c fcgi-echo -f
complete -c fcgi-echo -s l -l listen -r -F -d 'listen there, not on descriptor 0'
complete -c fcgi-echo -s b -l backlog -x -d 'with --listen: how many clients may wait (1024)'
complete -c fcgi-echo -s M -l mode -x -a '0600 0660 0666 0777' -d 'with --listen: mode of the UNIX socket (0777 less the umask)'
complete -c fcgi-echo -l print-addr -d 'print the address as soon as clients can connect'
complete -c fcgi-echo -l max-conns -x -d 'connections at a time (what the open file limit permits)'
complete -c fcgi-echo -l max-reqs -x -d 'requests at a time, others are OVERLOADED (16384)'
complete -c fcgi-echo -l users -r -F -d 'who is let in by /auth: NAME:HASH lines, as of htpasswd -B'
complete -c fcgi-echo -l show-secrets -d 'show passwords, Authorization and Cookie in /env'
complete -c fcgi-echo -l log-env -r -F -d 'append the variables of each request to FILE, as /env.json shows them'
complete -c fcgi-echo -l fault -x -a '(fcgi-echo --list-faults 2>/dev/null | string replace -r "  +" \t)' -d 'misbehave in that way'
complete -c fcgi-echo -l list-faults -d 'print the faults, one a line, and exit'
complete -c fcgi-echo -s v -l verbose -d 'say more'
complete -c fcgi-echo -s q -l quiet -d 'no warnings'
complete -c fcgi-echo -s V -l version -d 'print the version and exit'
complete -c fcgi-echo -l usage -d 'print all options in brief and exit'
complete -c fcgi-echo -s h -l help -d 'print this help and exit'
