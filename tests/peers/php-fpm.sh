#!/bin/sh
# php-fpm.sh PROGRAM DIR [LISTEN [WORKERS [REQUESTS]]]: php-fpm in the foreground, with four workers at
# DIR/php-fpm.sock unless it is told otherwise, each for any number of requests; it answers /ping and
# /status and runs any script.
# Writes only below DIR.
program=$1 dir=$2 listen=${3-$2/php-fpm.sock} workers=${4-4} requests=${5-0}
cat >"$dir/php-fpm.conf" <<END
[global]
daemonize = no
error_log = $dir/php-fpm.log
[www]
listen = $listen
listen.backlog = 50
pm = static
pm.max_children = $workers
pm.max_requests = $requests
pm.status_path = /status
ping.path = /ping
php_admin_value[post_max_size] = 64M
php_admin_flag[log_errors] = on
END
set -- -n -F -y "$dir/php-fpm.conf"
# Workers of root's would be another user, who may not reach the scripts in root's folders: -R lets
# them be root.
if [ "$(id -u)" -eq 0 ]; then
	printf 'user = root\ngroup = root\n' >>"$dir/php-fpm.conf"
	set -- "$@" -R
fi
exec "$program" "$@"
