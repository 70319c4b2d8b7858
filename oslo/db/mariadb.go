package db

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"strings"

	"github.com/go-sql-driver/mysql"
	"github.com/pressly/goose/v3/database"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/mysqldialect"
)

// mariadb is the engine of a database on a MariaDB server.
type mariadb struct {
	*turn
	config *mysql.Config
}

// newMariaDB reads mysql://user:password@host:port/database with the parameters socket (in the host's place), tls (true,
// skip-verify, preferred) and ca (a file).
func newMariaDB(u *url.URL) (engine, error) {
	c := mysql.NewConfig()
	c.User = u.User.Username()
	c.Passwd, _ = u.User.Password()
	c.DBName = strings.TrimPrefix(u.Path, "/")
	if c.DBName == "" || strings.Contains(c.DBName, "/") {
		return nil, errors.New("a MariaDB address names one database, as mysql://user:password@host:3306/nova")
	}
	c.Net, c.Addr = "tcp", u.Host
	if c.Addr != "" && u.Port() == "" {
		c.Addr += ":3306"
	}
	q := u.Query()
	if socket := q.Get("socket"); socket != "" {
		c.Net, c.Addr = "unix", socket
	}
	if c.Addr == "" {
		return nil, errors.New("a MariaDB address has a host, or ?socket=/path/of/socket")
	}
	for name := range q {
		if name != "socket" && name != "tls" && name != "ca" {
			return nil, fmt.Errorf("a MariaDB address has no parameter %q; there are: socket, tls, ca", name)
		}
	}
	if err := secure(c, u.Hostname(), q.Get("tls"), q.Get("ca")); err != nil {
		return nil, err
	}
	c.ParseTime, c.ClientFoundRows, c.Logger, c.DialFunc = true, true, &mysql.NopLogger{}, dial
	c.Collation = "utf8mb4_nopad_bin"
	c.Params = map[string]string{
		// As the standard and the other engines read SQL: strict about values, double quotes around names.
		"sql_mode": "'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION,ANSI_QUOTES,PIPES_AS_CONCAT'",
		// A statement sees what was committed before it; the turn keeps writers apart.
		"tx_isolation":             "'READ-COMMITTED'",
		"default_storage_engine":   "InnoDB",
		"innodb_lock_wait_timeout": "30",
		// A process that vanished with its host holds the turn no longer than this.
		"idle_transaction_timeout": "60",
	}
	return &mariadb{newTurn(), c}, nil
}

// secure sets up TLS.
func secure(c *mysql.Config, host, how, ca string) error {
	switch how {
	case "", "false":
		return nil
	case "true", "skip-verify", "preferred":
	default:
		return fmt.Errorf("tls=%s is unknown; there are: true, skip-verify, preferred", how)
	}
	c.TLS = &tls.Config{ServerName: host, InsecureSkipVerify: how != "true", MinVersion: tls.VersionTLS12}
	c.AllowFallbackToPlaintext = how == "preferred"
	if ca == "" {
		return nil
	}
	pem, err := os.ReadFile(ca)
	if err != nil {
		return err
	}
	c.TLS.RootCAs = x509.NewCertPool()
	if !c.TLS.RootCAs.AppendCertsFromPEM(pem) {
		return fmt.Errorf("%s holds no certificate", ca)
	}
	return nil
}

func (m *mariadb) open(ctx context.Context) (read, write *bun.DB, err error) {
	if write, err = m.connect(ctx, m.config, false); err != nil {
		return nil, nil, err
	}
	limit(write, 2) // one writes, one holds the lock of the migrations
	reading := m.config.Clone()
	reading.Params["tx_read_only"] = "1"
	if read, err = m.connect(ctx, reading, true); err != nil {
		return nil, nil, errors.Join(err, write.Close())
	}
	limit(read, readers)
	return read, write, nil
}

func (m *mariadb) connect(ctx context.Context, config *mysql.Config, reads bool) (*bun.DB, error) {
	c, err := mysql.NewConnector(config)
	if err != nil {
		return nil, err
	}
	pool := sql.OpenDB(patient{c, reads})
	var version string
	if err := pool.QueryRowContext(ctx, "SELECT version()").Scan(&version); err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	if !strings.Contains(version, "MariaDB") {
		return nil, errors.Join(fmt.Errorf("the server is no MariaDB but %s", version), pool.Close())
	}
	return bun.NewDB(pool, mysqldialect.New(mysqldialect.WithTimeLocation("UTC"))).WithQueryHook(counting{}), nil
}

// migrations says TEXT and INTEGER as SQLite and PostgreSQL mean them, and times with their microseconds. MariaDB commits
// each statement that makes a table by itself: what a migration that was cut off made before is passed over.
func (m *mariadb) migrations() (database.Dialect, words) {
	return database.DialectMySQL, words{
		{regexp.MustCompile(`\bTEXT\b`), "LONGTEXT"},
		{regexp.MustCompile(`\bINTEGER\b`), "BIGINT"},
		{regexp.MustCompile(`\bTIMESTAMP\b`), "DATETIME(6)"},
		{regexp.MustCompile(`\bCREATE (TABLE|INDEX|UNIQUE INDEX) `), "CREATE $1 IF NOT EXISTS "},
		{regexp.MustCompile(`\bDROP (TABLE|INDEX) `), "DROP $1 IF EXISTS "},
		{regexp.MustCompile(`\bADD COLUMN `), "ADD COLUMN IF NOT EXISTS "},
		{regexp.MustCompile(`\bDROP COLUMN `), "DROP COLUMN IF EXISTS "},
	}
}

// exclusive holds a lock of the server's while do migrates. The database is given the collation by which text compares as
// on the other engines, byte by byte, spaces at the end included.
func (m *mariadb) exclusive(ctx context.Context, write *bun.DB, do func() error) error {
	conn, err := write.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	name := "cumulet." + m.config.DBName
	var got sql.NullInt64
	if err := conn.NewRaw("SELECT GET_LOCK(?, 300)", name).Scan(ctx, &got); err != nil {
		return err
	}
	if got.Int64 != 1 {
		return errors.New("another process migrates the database for more than five minutes")
	}
	defer conn.ExecContext(context.WithoutCancel(ctx), "SELECT RELEASE_LOCK(?)", name) //nolint:errcheck // ends with the connection
	var collation string
	if err := conn.NewRaw("SELECT @@collation_database").Scan(ctx, &collation); err != nil {
		return err
	}
	if collation != m.config.Collation {
		_, err := conn.ExecContext(ctx, "ALTER DATABASE ? CHARACTER SET utf8mb4 COLLATE ?", bun.Ident(m.config.DBName), bun.Safe(m.config.Collation))
		if err != nil {
			return fmt.Errorf("set the collation %s: %w", m.config.Collation, err)
		}
	}
	if err := do(); err != nil {
		return err
	}
	return m.found(ctx, write)
}

// mariadbCode is the server's error number, or 0.
func mariadbCode(err error) uint16 {
	var e *mysql.MySQLError
	if errors.As(err, &e) {
		return e.Number
	}
	return 0
}

func (m *mariadb) transient(err error) bool {
	switch mariadbCode(err) {
	case 1020, 1213: // record has changed since last read; deadlock, or collision in a Galera cluster
		return true
	}
	return lost(err)
}
