#!/bin/sh
# auth-nginx.sh DIR PORT APP: nginx in the foreground, one process, which asks authorizers by
# auth_request before it serves these folders:
#
#	/plain/		with fastcgi_params alone
#	/original/	... CONTENT_LENGTH "", and X_ORIGINAL_URI as nginx's manual has the header
#	/llng/		... as the manual of LemonLDAP::NG has it
#	/keep/		as /plain/, by connections that are kept
#
# Each has a page.txt, which says "secret-page", and answers with the header X-Echo-User: what
# auth_request_set got from the authorizer's Variable-ECHO_USER.
#
# ../apps names the applications, a line "NAME HOST:PORT" each; without it there is one, APP.  Each
# is asked in the server of its name, the first also in any other.  https is on PORT + 1 when there
# is a ../tls.pem.  Writes only below DIR.
dir=$1 port=$2 app=$3
root=$dir/root
apps=$dir/../apps

# Of the locations that a server can have one only is called /auth; the others say that they are it.
ask="internal;
			include fastcgi_params;
			fastcgi_read_timeout 10s;"
ask_too="internal;
			include $dir/auth_params;
			fastcgi_read_timeout 10s;"

listen_tls=''
[ ! -e "$dir/../tls.pem" ] || listen_tls="listen 127.0.0.1:$((port + 1)) ssl;
			ssl_certificate $dir/../tls.pem;
			ssl_certificate_key $dir/../tls.pem;"

folder()	# NAME LOCATION; what is the request's own on stdin
{
	cat <<-END
		location /$1/ {
			auth_request $2;
			auth_request_set \$echo_user \$upstream_http_variable_echo_user;
			add_header X-Echo-User \$echo_user;
	END
	cat
	echo '}'
}

# Of any application: @NAME@ and @ADDR@ stand for its name and address.
any_site()
{
	cat <<-END
		upstream @NAME@-kept {
			server @ADDR@;
			keepalive 2;
		}
		server {
			listen 127.0.0.1:$port;
			$listen_tls
			server_name @NAME@;
			root $root;
			location = /auth {
				$ask
				fastcgi_pass @ADDR@;
			}
			location = /auth-original {
				$ask_too
				fastcgi_pass @ADDR@;
				fastcgi_pass_request_body off;
				fastcgi_param CONTENT_LENGTH "";
				fastcgi_param HTTP_X_ORIGINAL_URI \$request_uri;
			}
			location = /lmauth {
				$ask
				fastcgi_pass @ADDR@;
				fastcgi_pass_request_body off;
				fastcgi_param CONTENT_LENGTH "";
				fastcgi_param HOST \$http_host;
				fastcgi_param X_ORIGINAL_URI \$original_uri;
			}
			location = /auth-keep {
				$ask_too
				fastcgi_pass @NAME@-kept;
				fastcgi_keep_conn on;
			}
	END
	folder plain /auth </dev/null
	folder original /auth-original </dev/null
	folder keep /auth-keep </dev/null
	folder llng /lmauth <<-END
		set \$original_uri \$uri\$is_args\$args;
	END
	echo '}'
}

site()	# NAME HOST:PORT
{
	sed "s|@NAME@|$1|; s|@ADDR@|$2|" "$dir/site"
}

for name in plain original llng keep; do
	mkdir -p "$root/$name"
	echo secret-page >"$root/$name/page.txt"
done
ln -s /etc/nginx/fastcgi_params "$dir/fastcgi_params"
# shellcheck disable=SC2016 # nginx's
sed 's|\$fastcgi_script_name|/auth|; s|\$document_uri|/auth|' /etc/nginx/fastcgi_params \
	>"$dir/auth_params"
any_site >"$dir/site"
{
	cat <<-END
		daemon off;
		master_process off;
		pid $dir/nginx.pid;
		error_log $dir/log info;
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
			types { text/plain txt; }
	END
	if [ -e "$apps" ]; then
		while read -r name addr; do
			site "$name" "$addr"
		done <"$apps"
	else
		site localhost "$app"
	fi
	echo '}'
} >"$dir/nginx.conf"
exec nginx -p "$dir" -e "$dir/log" -c "$dir/nginx.conf"
