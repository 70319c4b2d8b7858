package ldap

import (
	"context"
	"errors"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"cumulet/oslo/turn"
)

// mostEntries bounds what one question may be answered with.
const mostEntries = 200_000

// question is a search in the directory.
type question struct {
	base       string
	scope      int
	filter     string
	attributes []string
	limit      int // entries wanted at most; 0 is all
}

// search gives the entries that answer a question; a base that is not there has none.
func (d *Directory) search(ctx context.Context, q question) ([]*ldap.Entry, error) {
	var found []*ldap.Entry
	err := turn.Aside(ctx, func() error {
		return d.readers.with(ctx, func(conn *ldap.Conn) (err error) {
			found, err = d.pages(ctx, conn, q)
			return err
		})
	})
	if ldap.IsErrorWithCode(err, ldap.LDAPResultNoSuchObject) {
		return nil, nil
	}
	if err != nil {
		return nil, d.away(err)
	}
	return found, nil
}

// pages reads page after page, where the directory is to be asked so.
func (d *Directory) pages(ctx context.Context, conn *ldap.Conn, q question) ([]*ldap.Entry, error) {
	request := ldap.NewSearchRequest(q.base, q.scope, d.deref, q.limit, int(answerTimeout.Seconds()), false, q.filter, q.attributes, nil)
	var paging *ldap.ControlPaging
	if d.pageSize > 0 {
		paging = ldap.NewControlPaging(d.pageSize)
		request.Controls = append(request.Controls, paging)
	}
	var found []*ldap.Entry
	for {
		page, controls, err := read(ctx, conn, request, mostEntries-len(found))
		found = append(found, page...)
		switch {
		case ldap.IsErrorWithCode(err, ldap.LDAPResultSizeLimitExceeded) && q.limit > 0 && len(found) >= q.limit:
			return found[:q.limit], nil
		case ldap.IsErrorWithCode(err, ldap.LDAPResultSizeLimitExceeded):
			return nil, tooMany()
		case err != nil:
			return nil, err
		}
		next, _ := ldap.FindControl(controls, ldap.ControlTypePaging).(*ldap.ControlPaging)
		if paging == nil || next == nil || len(next.Cookie) == 0 || q.limit > 0 && len(found) >= q.limit {
			break
		}
		paging.SetCookie(next.Cookie)
	}
	if q.limit > 0 && len(found) > q.limit {
		found = found[:q.limit]
	}
	return found, nil
}

// read reads one answer, of so many entries at most. Referrals are left.
func read(ctx context.Context, conn *ldap.Conn, request *ldap.SearchRequest, most int) (found []*ldap.Entry, controls []ldap.Control, err error) {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	const ahead = 64
	answer := conn.SearchAsync(ctx, request, ahead)
	for answer.Next() {
		if e := answer.Entry(); e != nil {
			if len(found) >= most {
				_ = conn.Close() // the rest is not read
				return nil, nil, tooMany()
			}
			found = append(found, e)
		}
	}
	switch err := answer.Err(); {
	case err != nil:
		return found, nil, err
	case conn.IsClosing(): // the library says nothing of a connection that ended before the question: nobody is not what was answered
		return nil, nil, ldap.NewError(ldap.ErrorNetwork, errors.New("the connection has ended"))
	}
	return found, answer.Controls(), ctx.Err()
}

// equal is the filter for an attribute's being a value.
func equal(attribute, value string) string {
	return "(" + attribute + "=" + literal(attribute, value) + ")"
}

// literal is a value as it stands in a filter. What Active Directory keeps of an objectGUID are its bytes.
func literal(attribute, value string) string {
	if strings.EqualFold(attribute, "objectGUID") {
		if raw, ok := guidBytes(value); ok {
			return ldap.EscapeFilter(string(raw))
		}
	}
	return ldap.EscapeFilter(value)
}

// all is the filter for what every one of some filters takes.
func all(filters ...string) string { return "(&" + strings.Join(filters, "") + ")" }

// anyOf is the filter for what any of some filters takes.
func anyOf(filters []string) string { return "(|" + strings.Join(filters, "") + ")" }
