#!/bin/sh
# apache2-presets.sh DIR PORT APP DOCROOT: Apache httpd in the foreground, configured as the presets
# apache-* say, with a virtual host for each way to hand a request to the application at APP;
# DIR/NAME.port has the port of each.  APP is host:port or a path; a path can be in SOCKET, too.
# https is on the next port when there is a ../tls.pem.  Writes only below DIR.
#
# In all of them the header X-Pathinfo sets proxy-fcgi-pathinfo, CGIPassAuth is on below /pass, and
# the rules of ../rules.conf are for what is below /rules.
dir=$1 port=$2 app=$3 docroot=$4 socket=${SOCKET-}
case $app in
/*) socket=$app app='' ;;
esac
modules=/usr/lib/apache2/modules

site()	# NAME DOCROOT; the lines of its own on stdin
{
	echo "$port" >"$dir/$1.port"
	printf '%s\n' '' "Listen 127.0.0.1:$port" "<VirtualHost *:$port>" "DocumentRoot $2"
	lines=$(cat)
	printf '%s\n' "$lines" '</VirtualHost>'
	if [ -e "$dir/../tls.pem" ]; then
		printf '%s\n' "Listen 127.0.0.1:$((port + 1))" "<VirtualHost *:$((port + 1))>" \
			"DocumentRoot $2" 'SSLEngine on' "SSLCertificateFile $dir/../tls.pem" "$lines" \
			'</VirtualHost>'
	fi
	port=$((port + 2))
}

handler()	# NAME URL [GENERIC]
{
	site "$1" "$docroot" <<-END
		${3:+ProxyFCGIBackendType $3}
		<FilesMatch "\\.php\$">
			SetHandler "proxy:$2"
		</FilesMatch>
	END
}

proxied()	# NAME DOCROOT URL [GENERIC]
{
	site "$1" "$2" <<-END
		${4:+ProxyFCGIBackendType $4}
		ProxyPass "/" "$3" retry=0
	END
}

balancer()	# NAME DOCROOT URL MEMBER
{
	site "$1" "$2" <<-END
		<Proxy "balancer://cluster/">
			BalancerMember "$4" retry=0
		</Proxy>
		ProxyPass "/" "$3"
	END
}

tcp_sites()
{
	handler fpm "fcgi://$app"
	handler generic "fcgi://$app" GENERIC
	proxied proxypass "$docroot" "fcgi://$app$docroot/"
	proxied proxypass-bare /var/www/html "fcgi://$app/"
	proxied generic-proxypass "$docroot" "fcgi://$app$docroot/" GENERIC
	proxied generic-proxypass-bare /var/www/html "fcgi://$app/" GENERIC
	balancer balancer "$docroot" "balancer://cluster$docroot/" "fcgi://$app"
	balancer balancer-bare /var/www/html "balancer://cluster/" "fcgi://$app"
}

socket_sites()
{
	handler fpm-unix "unix:$socket|fcgi://localhost/"
	handler generic-unix "unix:$socket|fcgi://localhost/" GENERIC
	proxied proxypass-unix "$docroot" "unix:$socket|fcgi://localhost$docroot/"
	proxied generic-proxypass-unix "$docroot" "unix:$socket|fcgi://localhost$docroot/" GENERIC
	balancer balancer-unix "$docroot" "balancer://cluster$docroot/" \
		"unix:$socket|fcgi://localhost"
}

{
	cat <<-END
		ServerRoot $dir
		ServerName localhost
		PidFile $dir/apache.pid
		DefaultRuntimeDir $dir
		# The default wants a lock file below /var/lock.
		Mutex posixsem
		ErrorLog $dir/log
		StartServers 1
		ServerLimit 1
		ThreadsPerChild 8
		MaxRequestWorkers 8
	END
	for module in mpm_event authz_core env setenvif dir proxy proxy_fcgi slotmem_shm \
		proxy_balancer lbmethod_byrequests ssl; do
		echo "LoadModule ${module}_module $modules/mod_$module.so"
	done
	cat <<-END
		DirectoryIndex index.php
		SetEnvIf X-Pathinfo (.+) proxy-fcgi-pathinfo=\$1
		<Location "/pass">
			CGIPassAuth On
		</Location>
		<Location "/rules">
			IncludeOptional $dir/../rules.con[f]
		</Location>
	END
	[ -z "$app" ] || tcp_sites
	[ -z "$socket" ] || socket_sites
} >"$dir/apache.conf"
exec apache2 -d "$dir" -f "$dir/apache.conf" -DFOREGROUND
