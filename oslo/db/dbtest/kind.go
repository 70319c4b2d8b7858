package dbtest

import (
	"net/url"
	"os"
	"path/filepath"
	"slices"
)

// mariadb is Debian's mariadb-server, told to care for its own death, not for the machine's: only for tests.
func mariadb() *kind {
	return &kind{
		name: "mariadb", pack: "mariadb-server", driver: "mysql", socket: "socket",
		programs: []string{"/usr/sbin/mariadbd", "mariadb-install-db"},
		prepare: func(folder string) []string {
			return []string{"mariadb-install-db", "--no-defaults", "--datadir=" + folder + "/data",
				"--auth-root-authentication-method=normal", "--skip-test-db", "--user=root", "--innodb-log-file-size=16M"}
		},
		run: func(folder string) []string {
			return []string{"/usr/sbin/mariadbd", "--no-defaults", "--user=root", "--datadir=" + folder + "/data",
				"--socket=" + folder + "/socket", "--pid-file=" + folder + "/pid", "--skip-networking", "--max-connections=2000",
				"--innodb-flush-log-at-trx-commit=2", "--skip-innodb-doublewrite", "--innodb-flush-method=nosync",
				"--innodb-log-file-size=16M", "--innodb-file-per-table=0", "--innodb-use-native-aio=0", "--innodb-buffer-pool-size=64M"}
		},
		admin: func(folder string) string { return "root@unix(" + folder + "/socket)/" },
		address: func(folder, database string) string {
			return "mysql://root@/" + database + "?socket=" + url.QueryEscape(folder+"/socket")
		},
		create: "CREATE DATABASE %s",
		drop:   "DROP DATABASE %s",
	}
}

// postgres is Debian's postgresql, told the same. It does not run as root, and its locale sorts text otherwise than bytes.
func postgres() *kind {
	bin := "/usr/lib/postgresql/missing"
	if versions, _ := filepath.Glob("/usr/lib/postgresql/*/bin"); len(versions) > 0 {
		bin = slices.Max(versions)
	}
	command := func(words ...string) []string {
		if os.Getuid() != 0 {
			return words
		}
		return append([]string{"setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"}, words...)
	}
	return &kind{
		name: "postgres", pack: "postgresql", driver: "pgx", socket: "home/.s.PGSQL.5432",
		programs: []string{bin + "/initdb", bin + "/postgres"},
		prepare: func(folder string) []string {
			const script = `mkdir "$0" && { [ $(id -u) != 0 ] || chown postgres "$0"; } && exec "$@"`
			return append([]string{"bash", "-c", script, folder + "/home"}, command(bin+"/initdb", "-D", folder+"/home/data", "--no-sync",
				"--auth=trust", "--username=cumulet", "--encoding=UTF8", "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en")...)
		},
		run: func(folder string) []string {
			return command(bin+"/postgres", "-D", folder+"/home/data", "-k", folder+"/home", "-h", "", "-c", "fsync=off",
				"-c", "full_page_writes=off", "-c", "wal_level=minimal", "-c", "max_wal_senders=0",
				"-c", "max_connections=500", "-c", "shared_buffers=64MB", "-c", "unix_socket_permissions=0777")
		},
		admin: func(folder string) string {
			return "postgres://cumulet@/postgres?host=" + url.QueryEscape(folder+"/home")
		},
		address: func(folder, database string) string {
			return "postgres://cumulet@/" + database + "?host=" + url.QueryEscape(folder+"/home")
		},
		create: "CREATE DATABASE %s STRATEGY FILE_COPY", // by the log it would take three times as long
		drop:   "DROP DATABASE %s WITH (FORCE)",
	}
}
