#!/usr/bin/perl
# An application as people write them with Perl's FCGI: the variables it was sent, and its body's
# length and digest.
use strict;
use warnings;
use Digest::SHA;
use FCGI;

my $request = FCGI::Request();
while ($request->Accept() >= 0) {
	my ($digest, $length) = (Digest::SHA->new(256), 0);
	while ((my $count = read(STDIN, my $part, 65536)) > 0) {
		$digest->add($part);
		$length += $count;
	}
	print STDERR "perl: to the error log\n";
	print "Content-Type: text/plain\r\n\r\n";
	print "method=$ENV{REQUEST_METHOD} query=$ENV{QUERY_STRING}\n";
	print "body=$length sha256=", $digest->hexdigest, "\n";
}
