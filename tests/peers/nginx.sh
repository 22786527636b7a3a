#!/bin/sh
# nginx.sh DIR APP: nginx in the foreground, one process; HTTP on DIR/http.sock is handed to the
# application at APP (a path or host:port).  Writes only below DIR.  KEEP=on: connections to the
# application are kept.  CONFIG=FILE: it is that which says how it is reached, not APP; what belongs
# into the server block follows the line "# In a server block:".
dir=$1 app=$2
case $app in
/*) app=unix:$app ;;
esac
cat >"$dir/nginx.conf" <<END
daemon off;
master_process off;
pid $dir/nginx.pid;
error_log $dir/log warn;
events {
	worker_connections 64;
}
http {
	access_log off;
	client_max_body_size 64m;
	# Each of them has a compiled-in place below /var/lib, where only root may write.
	client_body_temp_path $dir/client;
	fastcgi_temp_path $dir/fastcgi;
	proxy_temp_path $dir/proxy;
	scgi_temp_path $dir/scgi;
	uwsgi_temp_path $dir/uwsgi;
	include $dir/upstream.conf;
	server {
		listen unix:$dir/http.sock;
		include $dir/location.conf;
	}
}
END
ln -s /etc/nginx/fastcgi_params "$dir/fastcgi_params"
if [ -n "${CONFIG-}" ]; then
	sed '/^# In a server block:/,$d' "$CONFIG" >"$dir/upstream.conf"
	sed '1,/^# In a server block:/d' "$CONFIG" >"$dir/location.conf"
else
	cat >"$dir/upstream.conf" <<END
upstream app {
	server $app;
	keepalive 2;
}
END
	cat >"$dir/location.conf" <<END
location / {
	include fastcgi_params;
	fastcgi_pass app;
	fastcgi_keep_conn ${KEEP:-off};
}
END
fi
exec nginx -p "$dir" -e "$dir/log" -c "$dir/nginx.conf"
