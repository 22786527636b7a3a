#!/bin/sh
# auth-apache2.sh DIR PORT APP: Apache httpd in the foreground, which asks authorizers in each way
# it knows, one a folder of the site:
#
#	mod_authnz_fcgi		/authn/ /authz/ /authnz/, and as AuthnzFcgiCheckAuthnProvider /check/;
#				/check-open/ with RequireBasicAuth Off, /check-off/ with Authoritative
#				Off, /check-user/ with UserExpr of Variable-ECHO_USER
#	mod_fcgid		/fcgid-authn/ /fcgid-authz/ /fcgid-access/; with Authoritative Off
#				/fcgid-authn-off/ /fcgid-authz-off/ /fcgid-access-off/
#
# Where something else has to know the user or decide, it is a file of users: alice, with the
# password wonder.  Each folder has a page.txt, which says "secret-page", and a print.cgi, which
# prints its variables.
#
# ../apps names the applications, a line "NAME HOST:PORT" each; without it there is one, APP.  Each
# is asked in the virtual host of its name, the first also in any other.  mod_fcgid starts an
# application by itself: the program ../NAME.program, if that is there.  https is on PORT + 1 when
# there is a ../tls.pem.  Writes only below DIR.
dir=$1 port=$2 app=$3
modules=/usr/lib/apache2/modules
root=$dir/root
apps=$dir/../apps
tls=''
[ ! -e "$dir/../tls.pem" ] || tls=$dir/../tls.pem

folder()	# NAME; the directives on stdin
{
	mkdir -p "$root/$1"
	echo secret-page >"$root/$1/page.txt"
	printf '#!/bin/sh\nprintf "Content-Type: text/plain\\n\\n"\nenv\n' >"$root/$1/print.cgi"
	chmod +x "$root/$1/print.cgi"
	printf '%s\n' "<Location \"/$1/\">"
	cat
	printf '%s\n' '</Location>'
}

basic='AuthType Basic
AuthName private'
known="$basic
AuthBasicProvider file
AuthUserFile $dir/users"

# Of any application: @NAME@ stands for its name, and @PROGRAM@ for its program.
authnz_folders()
{
	folder authn <<-END
		$basic
		AuthBasicProvider @NAME@-authn
		Require valid-user
	END
	folder authz <<-END
		$known
		Require @NAME@-authz
	END
	folder authnz <<-END
		$basic
		AuthBasicProvider @NAME@-authnz
		Require @NAME@-authnz
	END
	folder check <<-END
		$basic
		AuthnzFcgiCheckAuthnProvider @NAME@-authn Authoritative On RequireBasicAuth On
		Require valid-user
	END
	# Whoever the authorizer lets in is called somebody.
	folder check-open <<-END
		AuthType None
		AuthnzFcgiCheckAuthnProvider @NAME@-authn Authoritative On RequireBasicAuth Off \\
			UserExpr "" DefaultUser somebody
		Require valid-user
	END
	folder check-off <<-END
		$known
		AuthnzFcgiCheckAuthnProvider @NAME@-authn Authoritative Off RequireBasicAuth Off
		Require valid-user
	END
	folder check-user <<-END
		AuthType None
		AuthnzFcgiCheckAuthnProvider @NAME@-authn Authoritative On RequireBasicAuth Off \\
			UserExpr "%{reqenv:ECHO_USER}"
		Require valid-user
	END
}

fcgid_folders()
{
	for off in '' -off; do
		authoritative=On
		[ -z "$off" ] || authoritative=Off
		folder "fcgid-authn$off" <<-END
			$known
			FcgidAuthenticator @PROGRAM@
			FcgidAuthenticatorAuthoritative $authoritative
			Require valid-user
		END
		folder "fcgid-authz$off" <<-END
			$known
			FcgidAuthorizer @PROGRAM@
			FcgidAuthorizerAuthoritative $authoritative
			Require valid-user
		END
		folder "fcgid-access$off" <<-END
			FcgidAccessChecker @PROGRAM@
			FcgidAccessCheckerAuthoritative $authoritative
			Require all granted
		END
	done
}

virtual_host()	# NAME PORT; the directives on stdin
{
	printf '%s\n' "<VirtualHost *:$2>" "ServerName $1:$2" "DocumentRoot $root"
	cat
	sed "s|@NAME@|$1|" "$dir/authnz.folders"
	if [ -e "$dir/../$1.program" ] && [ -e "$modules/mod_fcgid.so" ]; then
		sed "s|@PROGRAM@|$dir/../$1.program|" "$dir/fcgid.folders"
	fi
	echo '</VirtualHost>'
}

site()	# NAME HOST:PORT
{
	for type in authn authz authnz; do
		echo "AuthnzFcgiDefineProvider $type $1-$type fcgi://$2/"
	done
	virtual_host "$1" "$port" </dev/null
	[ -z "$tls" ] || virtual_host "$1" "$((port + 1))" <<-END
		SSLEngine on
		SSLCertificateFile $tls
	END
}

# shellcheck disable=SC2016 # a hash of "wonder"
echo 'alice:$2b$04$fcgiechofcgiechofcgieuCUiNmzH58M5a2PtIpBRuRXQIZfPAsk2' >"$dir/users"
mkdir "$dir/sock"
authnz_folders >"$dir/authnz.folders"
fcgid_folders >"$dir/fcgid.folders"
{
	cat <<-END
		ServerRoot $dir
		ServerName localhost
		Listen 127.0.0.1:$port
		PidFile $dir/apache.pid
		DefaultRuntimeDir $dir
		# The default wants a lock file below /var/lock.
		Mutex posixsem
		ErrorLog $dir/log
		LogLevel info
		StartServers 1
		ServerLimit 1
		ThreadsPerChild 8
		MaxRequestWorkers 8
		AddType text/plain .txt
	END
	# Before mod_auth_basic, so that it is asked before that one's file of users.
	[ ! -e "$modules/mod_fcgid.so" ] || echo "LoadModule fcgid_module $modules/mod_fcgid.so"
	for module in mpm_event authn_core authn_file authz_core authz_user auth_basic authnz_fcgi \
		mime cgid env; do
		echo "LoadModule ${module}_module $modules/mod_$module.so"
	done
	if [ -n "$tls" ]; then
		printf '%s\n' "LoadModule ssl_module $modules/mod_ssl.so" "Listen 127.0.0.1:$((port + 1))"
	fi
	cat <<-END
		ScriptSock $dir/cgid
		TypesConfig /dev/null
		<Directory $root>
			Options +ExecCGI
			AddHandler cgi-script .cgi
		</Directory>
	END
	if [ -e "$modules/mod_fcgid.so" ]; then
		cat <<-END
			FcgidIPCDir $dir/sock
			FcgidProcessTableFile $dir/processes
			FcgidConnectTimeout 10
			FcgidIOTimeout 10
			FcgidInitialEnv FCGI_BUILD "$FCGI_BUILD"
		END
	fi
	if [ -e "$apps" ]; then
		while read -r name addr; do
			site "$name" "$addr"
		done <"$apps"
	else
		site localhost "$app"
	fi
} >"$dir/apache.conf"
exec apache2 -d "$dir" -f "$dir/apache.conf" -DFOREGROUND
