#!/bin/sh
# apache2.sh DIR APP: Apache httpd in the foreground; HTTP on 127.0.0.1 at the port it writes to
# DIR/http.port is handed to the application at APP (a path or host:port) by mod_proxy_fcgi.  Writes
# only below DIR.  Apache cannot listen on a UNIX socket nor let the system choose a port: this one is
# drawn by lot, and where it is taken Apache exits and the caller tries again.
# KEEP=on: connections to the application are kept.  CONFIG=FILE: it is that which says how, not APP.
dir=$1
case $2 in
/*) app="unix:$2|fcgi://app/" ;;
*) app="fcgi://$2/" ;;
esac
port=$(awk 'BEGIN { srand('"$$"'); print 20000 + int(rand() * 12000) }')
modules=/usr/lib/apache2/modules
cat >"$dir/apache.conf" <<END
ServerRoot $dir
ServerName localhost
Listen 127.0.0.1:$port
PidFile $dir/apache.pid
DefaultRuntimeDir $dir
# The default wants a lock file below /var/lock.
Mutex posixsem
ErrorLog $dir/log
LoadModule mpm_event_module $modules/mod_mpm_event.so
LoadModule authz_core_module $modules/mod_authz_core.so
END
if [ -n "${CONFIG-}" ]; then
	ln -s "$modules" "$dir/modules"
	echo "Include $CONFIG" >>"$dir/apache.conf"
else
	cat >>"$dir/apache.conf" <<END
LoadModule proxy_module $modules/mod_proxy.so
LoadModule proxy_fcgi_module $modules/mod_proxy_fcgi.so
# retry=0: an error of one test must not take the application away from the next.
ProxyPass "/" "$app" retry=0 enablereuse=${KEEP:-off}
END
fi
echo "$port" >"$dir/http.port"
exec apache2 -d "$dir" -f "$dir/apache.conf" -DFOREGROUND
