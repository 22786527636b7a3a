# fcgistarter --print-config: what it prints is what the servers take.
bats_require_minimum_version 1.5.0

load helper

PATH=$PATH:/usr/sbin:/sbin
fcgistarter=$FCGI_BUILD/fcgistarter/fcgistarter

setup() {
  cd "$BATS_TEST_TMPDIR" || return 1
}

need() {
  command -v "$1" >/dev/null || skip "$1 is missing"
}

# All the ways in which sockets can be laid out: each FUNCTION OPTION... is called once.
with_every_layout() {
  "$@" -p 4000 -N 4
  "$@" -p 4000 -i ::1
  "$@" -p 4000 -N 2 -i '*'
  "$@" -p 4000 -N 3 --port-per-instance
  "$@" -p 4000 -N 3 --port-per-instance -i 127.0.0.1 -i ::1
  "$@" -s /run/app.sock
  "$@" -s app.sock -N 2
  "$@" -s /run/app-%i.sock -N 3
}

print() {
  local kind=$1
  shift
  "$fcgistarter" -c /srv/my_app.fcgi --print-config="$kind" "$@" >"$kind.out"
}

check_nginx() {
  print nginx "$@"
  {
    echo "daemon off; pid $PWD/nginx.pid; error_log stderr; events { }"
    echo "http { access_log off;"
    echo "client_body_temp_path $PWD/1; fastcgi_temp_path $PWD/2; proxy_temp_path $PWD/3;"
    echo "scgi_temp_path $PWD/4; uwsgi_temp_path $PWD/5;"
    sed '/^# In a server block/,$d' nginx.out
    echo "server { listen unix:$PWD/http.sock;"
    sed '1,/^# In a server block/d' nginx.out
    echo "} }"
  } >nginx.conf
  : >fastcgi_params
  nginx -t -p "$PWD" -e stderr -c "$PWD/nginx.conf" || { cat nginx.conf; return 1; }
}

@test "nginx takes every layout" {
  need nginx
  with_every_layout check_nginx
}

# DIR: where a modules folder is, or is not.
test_apache() {
  {
    printf 'ServerRoot "%s"\nServerName localhost\nListen 127.0.0.1:4\n' "$1"
    printf 'DefaultRuntimeDir "%s"\nMutex posixsem\nErrorLog "%s/log"\n' "$1" "$1"
    printf 'LoadModule mpm_event_module %s/mod_mpm_event.so\n' "$modules"
    printf 'LoadModule authz_core_module %s/mod_authz_core.so\n' "$modules"
    cat
  } >"$1/apache.conf"
  apache2 -t -d "$1" -f "$1/apache.conf" || { cat "$1/apache.conf"; return 1; }
}

check_apache() {
  print apache "$@"
  test_apache "$PWD/whole" <apache.out
  # As on Debian: the modules are loaded before, and are not where others have them.
  sed -n "s,^\tLoadModule \(.*\) modules/,LoadModule \1 $modules/,p" apache.out |
    cat - apache.out | test_apache "$PWD/debian"
}

@test "Apache httpd takes every layout" {
  need apache2
  modules=/usr/lib/apache2/modules
  [ -d "$modules" ] || skip "Apache's modules are not in $modules"
  mkdir whole debian
  ln -s "$modules" whole/modules
  with_every_layout check_apache
}

check_lighttpd() {
  print lighttpd "$@"
  {
    printf 'server.document-root = "%s"\nserver.bind = "%s/http.sock"\n' "$PWD" "$PWD"
    cat lighttpd.out
  } >lighttpd.conf
  run -0 lighttpd -tt -f lighttpd.conf
  [ -z "$output" ] || { echo "$output"; cat lighttpd.conf; return 1; }
  # And beside another application, in whose configuration it is included.
  printf 'server.modules = ( "mod_fastcgi" )\nfastcgi.server = ( "/a" => (( "socket" => "/a" )) )\n' |
    cat - lighttpd.conf >both.conf
  run -0 lighttpd -tt -f both.conf
}

@test "lighttpd takes every layout" {
  need lighttpd
  with_every_layout check_lighttpd
}

check_systemd() {
  print systemd "$@"
  sed "s,^ExecStart=fcgistarter,ExecStart=$fcgistarter," systemd.out >app.service
  run -0 systemd-analyze verify --man=no "$PWD/app.service"
  [ -z "$output" ] || { echo "$output"; cat app.service; return 1; }
}

@test "systemd takes every layout" {
  need systemd-analyze
  with_every_layout check_systemd
}

@test "a unit runs the command line that was given" {
  run -0 --separate-stderr "$fcgistarter" -p 4000 -P /run/app.pid -e 'A=b $c%d"e\f' --stop-timeout 2m \
    --print-config=systemd -c /srv/app -- '' 'x y' --print-config=nginx
  [[ $output == *'
ExecStart='*'fcgistarter -S -n -p 4000 -P /run/app.pid -e "A=b $$c%%d\"e\\f" --stop-timeout 2m -c /srv/app -- "" "x y" --print-config=nginx
'* ]]
  [[ $output == *'
TimeoutStopSec=130
'* ]]
  [[ $output != *WorkingDirectory* ]]
}

@test "a unit has no option twice" {
  run -0 "$fcgistarter" -S -n -p 4000 -c /srv/app --print-config systemd
  [[ $output == *'
ExecStart='*'fcgistarter -S -n -p 4000 -c /srv/app
'* ]]
}

@test "relative paths begin where they were given" {
  run -0 "$fcgistarter" -s run/app.sock -c ./app --print-config=systemd,apache,nginx,lighttpd
  [[ $output == *"
WorkingDirectory=$PWD
"* ]]
  [[ $output == *"
ProxyPass \"/\" \"unix:$PWD/run/app.sock|fcgi://app/\"
"* ]]
  [[ $output == *"
	server unix:$PWD/run/app.sock "* ]]
  [[ $output == *"
		\"socket\" => \"$PWD/run/app.sock\",
"* ]]
}

@test "a unit changes to the directory for whatever is relative, and for nothing else" {
  local option
  for option in -P=pid --log=log -d=sub --control=./ctl --watch-file=f --wrapper=./w; do
    run -0 "$fcgistarter" -S -p 4000 -c /srv/app "${option%%=*}" "${option#*=}" --print-config=systemd
    [[ $output == *"
WorkingDirectory=$PWD
"* ]]
  done
  for option in -l=- -l=syslog -P=/pid -e=a=b; do
    run -0 "$fcgistarter" -S -p 4000 -c app "${option%%=*}" "${option#*=}" --print-config=systemd
    [[ $output != *WorkingDirectory* ]]
  done
}

@test "a directory may have a name that systemd would expand" {
  mkdir 'a %h$b c' && cd 'a %h$b c'
  run -0 "$fcgistarter" -p 4000 -c ./app --print-config=systemd
  [[ $output == *"
WorkingDirectory=${PWD/\%/%%}
"* ]]
  mkdir $'a\nb' && cd $'a\nb'
  run -1 --separate-stderr "$fcgistarter" -p 4000 -c ./app --print-config=systemd
  [ -z "$output" ]
  [[ $stderr == 'fcgistarter: --print-config: '*'\nb: systemd cannot be told of such a directory' ]]
  run -0 "$fcgistarter" -p 4000 -c ./app --print-config=nginx
  rmdir "$PWD"
  run -1 --separate-stderr "$fcgistarter" -p 4000 -c ./app --print-config=systemd
  [ "$stderr" = 'fcgistarter: --print-config: the working directory has gone' ]
}

@test "nothing is started, bound or found" {
  run -0 --separate-stderr "$fcgistarter" -s "$PWD/app.sock" -c /no/such/app --print-config=nginx
  [ -z "$stderr" ]
  [ ! -e app.sock ]
}

@test "each kind is written once, whatever the order" {
  run -0 "$fcgistarter" -p 4000 -c /srv/app --print-config=systemd,nginx,apache,nginx,lighttpd
  [ "$(grep -c '^# .*: /srv/app, 1 instance\.$' <<<"$output")" = 4 ]
}

@test "what is no server is refused" {
  local list
  for list in '' iis 'nginx,' ',nginx' 'nginx,,apache' apache2 'nginx apache'; do
    run -1 --separate-stderr "$fcgistarter" -p 4000 -c /srv/app "--print-config=$list"
    [ -z "$output" ]
    [[ $stderr == 'fcgistarter: --print-config '* ]]
  done
}

@test "an abstract socket is nothing for a web server" {
  run -1 --separate-stderr "$fcgistarter" -s @app -c /srv/app --print-config=nginx
  [ -z "$output" ]
  [ "$stderr" = 'fcgistarter: --print-config: @app: web servers connect to no abstract socket' ]
  run -0 "$fcgistarter" -s @app -c /srv/app --print-config=systemd
}

@test "a path that would mean something else to a server is refused" {
  local path
  for path in '/run/a b.sock' '/run/a"b' '/run/a$b' '/run/a;b' '/run/a|b' $'/run/a\nb' '/run/a\b'; do
    run -1 --separate-stderr "$fcgistarter" -s "$path" -c /srv/app --print-config=nginx
    [ -z "$output" ]
    [[ $stderr == 'fcgistarter: --print-config: /run/a'*': its path has characters that not all web servers can be told' ]]
  done
}

@test "no name can add lines to a configuration" {
  run -0 "$fcgistarter" -p 4000 -c $'/srv/a\nb\\' --print-config=apache
  [ "${lines[0]}" = '# Apache httpd 2.4: /srv/a\nb\\, 1 instance.' ]
}
