#!/bin/sh
# auth-lighttpd.sh DIR PORT APP: lighttpd in the foreground, which asks authorizers before it serves
# the folders / and, when mod_auth knows the user already, /known/.  The user that mod_auth knows is
# alice, with the password wonder.  Each folder has a page.txt, which says "secret-page"; /env is the
# fcgi-echo at ../print.sock, if that is there, which shows the variables it gets.
#
# ../apps names the applications, a line "NAME HOST:PORT" each; without it there is one, APP.  Each
# is asked for the host of its name, the first also for any other.  https is on PORT + 1 when there
# is a ../tls.pem.  Writes only below DIR.
dir=$1 port=$2 app=$3
root=$dir/root
apps=$dir/../apps

site()	# HOST:PORT
{
	echo 'fastcgi.server = ('
	printf '"/" => (( "host" => "%s", "port" => %s, "mode" => "authorizer", ' "${1%:*}" "${1##*:}"
	printf '"docroot" => "%s", "check-local" => "disable", "disable-time" => 0, ' "$root"
	printf '"read-timeout" => 10 )),\n'
	[ ! -S "$dir/../print.sock" ] ||
		printf '"/env" => (( "socket" => "%s" )),\n' "$dir/../print.sock"
	echo ')'
}

mkdir -p "$dir/uploads" "$root/known"
echo secret-page | tee "$root/page.txt" >"$root/known/page.txt"
# Behind an authorizer lighttpd looks for the file, whatever is said of "check-local".
: >"$root/env"
echo alice:wonder >"$dir/users"
{
	cat <<-END
		server.modules = ( "mod_auth", "mod_authn_file", "mod_fastcgi" )
		server.document-root = "$root"
		server.upload-dirs = ( "$dir/uploads" )
		server.bind = "127.0.0.1"
		server.port = $port
		server.errorlog = "$dir/log"
		mimetype.assign = ( ".txt" => "text/plain" )
		auth.backend = "plain"
		auth.backend.plain.userfile = "$dir/users"
		\$HTTP["url"] =~ "^/known/" {
			auth.require = ( "" =>
			    ( "method" => "basic", "realm" => "private", "require" => "valid-user" ) )
		}
	END
	if [ -e "$dir/../tls.pem" ] && [ -e /usr/lib/lighttpd/mod_openssl.so ]; then
		cat <<-END
			server.modules += ( "mod_openssl" )
			\$SERVER["socket"] == "127.0.0.1:$((port + 1))" {
				ssl.engine = "enable"
				ssl.pemfile = "$dir/../tls.pem"
			}
		END
	fi
	if [ -e "$apps" ]; then
		read -r _ app <"$apps"
		site "$app"
		while read -r name addr; do
			# shellcheck disable=SC2016 # lighttpd's
			printf '$HTTP["host"] == "%s" {\n' "$name"
			site "$addr"
			echo '}'
		done <"$apps"
	else
		site "$app"
	fi
} >"$dir/lighttpd.conf"
exec lighttpd -D -f "$dir/lighttpd.conf"
