#!/usr/bin/perl
# An authorizer as people write them with Perl's FCGI.  alice may come with the password wonder, in
# both phases of Apache, by REMOTE_PASSWD or by the Authorization header.
#
# auth_perl.pl carp: an error of its own becomes a page, as CGI::Carp makes one: without a Status.
use strict;
use warnings;
use FCGI;
use MIME::Base64;

my %passwords = (alice => 'wonder');
my $mode = shift // '';

sub may {
	my ($user, $password) = @ENV{qw(REMOTE_USER REMOTE_PASSWD)};
	my $role = $ENV{FCGI_APACHE_ROLE} // '';
	if (!defined $password && ($ENV{HTTP_AUTHORIZATION} // '') =~ /^Basic (\S+)$/i) {
		($user, $password) = split /:/, decode_base64($1), 2;
	}
	return undef unless defined $user && exists $passwords{$user};
	return $user if $role eq 'AUTHORIZER';
	return defined $password && $password eq $passwords{$user} ? $user : undef;
}

sub answer {
	die "no such table: sessions\n" if $mode eq 'carp' && ($ENV{REQUEST_URI} // '') =~ /crash/;
	my $user = may();
	if (defined $user) {
		print "Status: 200 OK\r\nVariable-AUTH_NAME: $user\r\n\r\n";
	} else {
		print "Status: 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"perl\"\r\n",
		    "Content-Type: text/plain\r\n\r\nPlease log in.\n";
	}
}

my $request = FCGI::Request();
while ($request->Accept() >= 0) {
	eval { answer(); 1 } or print "Content-Type: text/html\n\n<h1>Software error:</h1>\n$@";
}
