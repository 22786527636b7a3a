#!/bin/sh
# lighttpd.sh DIR APP: lighttpd in the foreground; HTTP on DIR/http.sock is handed to the application
# at APP (a path or host:port).  Writes only below DIR.  CONFIG=FILE: it is that which says how the
# application is reached, not APP.
dir=$1
case $2 in
/*) app="\"socket\" => \"$2\"" ;;
*) app="\"host\" => \"${2%:*}\", \"port\" => ${2##*:}" ;;
esac
mkdir "$dir/uploads" "$dir/root"
cat >"$dir/lighttpd.conf" <<END
server.document-root = "$dir/root"
server.upload-dirs = ( "$dir/uploads" )
server.bind = "$dir/http.sock"
server.errorlog = "$dir/log"
END
if [ -n "${CONFIG-}" ]; then
	echo "include \"$CONFIG\"" >>"$dir/lighttpd.conf"
else
	cat >>"$dir/lighttpd.conf" <<END
server.modules = ( "mod_fastcgi" )
fastcgi.server = ( "/" => ((
	$app,
	# The URL is the application's business, whatever files there are.
	"check-local" => "disable",
	# Without it all of the URL is SCRIPT_NAME's and PATH_INFO is empty, or the reverse.
	"fix-root-scriptname" => "enable"
)) )
END
fi
exec lighttpd -D -f "$dir/lighttpd.conf"
