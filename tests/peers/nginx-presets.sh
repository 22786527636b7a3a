#!/bin/sh
# nginx-presets.sh DIR PORT APP DOCROOT: nginx in the foreground, one process, as the presets nginx
# (www.example.test) and nginx-php (php.example.test) say it is configured; https on PORT + 1 when
# there is a ../tls.pem.  Writes only below DIR.
dir=$1 port=$2 app=$3 docroot=$4
ln -s /etc/nginx/fastcgi_params /etc/nginx/fastcgi.conf /etc/nginx/snippets "$dir/"
listen="listen 127.0.0.1:$port;"
if [ -e "$dir/../tls.pem" ]; then
	listen="$listen
		listen 127.0.0.1:$((port + 1)) ssl;
		ssl_certificate $dir/../tls.pem;
		ssl_certificate_key $dir/../tls.pem;"
fi
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
	client_body_temp_path $dir/client;
	fastcgi_temp_path $dir/fastcgi;
	proxy_temp_path $dir/proxy;
	scgi_temp_path $dir/scgi;
	uwsgi_temp_path $dir/uwsgi;
	root $docroot;
	server {
		$listen
		server_name www.example.test;
		location / {
			include fastcgi_params;
			fastcgi_pass $app;
		}
		# What --script stands for.
		location /fixed/ {
			include fastcgi_params;
			fastcgi_param SCRIPT_FILENAME $docroot/app.php;
			fastcgi_pass $app;
		}
	}
	server {
		$listen
		server_name php.example.test;
		index index.php;
		# A front controller: --script below the document root.
		location /front/ {
			try_files \$uri /index.php?\$args;
		}
		location ~ \\.php(/|$) {
			include snippets/fastcgi-php.conf;
			fastcgi_pass $app;
		}
	}
}
END
exec nginx -p "$dir" -e "$dir/log" -c "$dir/nginx.conf"
