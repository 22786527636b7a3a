#!/bin/sh
# lighttpd-presets.sh DIR PORT APP DOCROOT: lighttpd in the foreground, as the preset says it is
# configured; https on PORT + 1 when there is a ../tls.pem.  Writes only below DIR.
dir=$1 port=$2 app=$3 docroot=$4
mkdir "$dir/uploads"
case $app in
/*) socket="\"socket\" => \"$app\"" ;;
*) socket="\"host\" => \"${app%:*}\", \"port\" => ${app##*:}" ;;
esac
cat >"$dir/lighttpd.conf" <<END
server.modules = ( "mod_fastcgi" )
server.document-root = "$docroot"
server.upload-dirs = ( "$dir/uploads" )
server.bind = "127.0.0.1"
server.port = $port
server.errorlog = "$dir/log"
index-file.names = ( "index.php" )
fastcgi.server = ( ".php" => (( $socket )) )
END
if [ -e "$dir/../tls.pem" ] && [ -e /usr/lib/lighttpd/mod_openssl.so ]; then
	cat >>"$dir/lighttpd.conf" <<END
server.modules += ( "mod_openssl" )
\$SERVER["socket"] == "127.0.0.1:$((port + 1))" {
	ssl.engine = "enable"
	ssl.pemfile = "$dir/../tls.pem"
}
END
fi
exec lighttpd -D -f "$dir/lighttpd.conf"
