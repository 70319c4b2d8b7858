package db

import (
	"reflect"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect"
)

// Keep makes an insert leave a row whose key is there already as it is. Bun's Ignore does that too, except on MariaDB, where it has every
// fault ignored: a text that is too long is cut, and a reference to nothing is taken. row is the insert's model.
func Keep(i *bun.InsertQuery, row any) *bun.InsertQuery {
	if i.Dialect().Name() != dialect.MySQL {
		return i.Ignore()
	}
	of := reflect.TypeOf(row)
	for of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice {
		of = of.Elem()
	}
	anyColumn := bun.Ident(i.DB().Table(of).Fields[0].Name)
	return i.On("DUPLICATE KEY UPDATE ? = ?", anyColumn, anyColumn)
}
