#!/bin/sh
# php-fpm.sh PROGRAM DIR: php-fpm in the foreground with four workers at DIR/php-fpm.sock; it answers
# /ping and runs any script.  Writes only below DIR.
program=$1 dir=$2
cat >"$dir/php-fpm.conf" <<END
[global]
daemonize = no
error_log = $dir/php-fpm.log
[www]
listen = $dir/php-fpm.sock
pm = static
pm.max_children = 4
ping.path = /ping
php_admin_value[post_max_size] = 64M
php_admin_flag[log_errors] = on
END
[ "$(id -u)" -ne 0 ] || printf 'user = nobody\ngroup = nogroup\n' >>"$dir/php-fpm.conf"
exec "$program" -n -F -y "$dir/php-fpm.conf"
