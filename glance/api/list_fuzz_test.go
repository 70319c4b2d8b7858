package api

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"cumulet/glance"
	"cumulet/oslo/fault"
)

// FuzzListQuery holds that no query makes the reader panic, that it refuses with faults only, and that what passes is a page
// in an order that is always one.
func FuzzListQuery(f *testing.F) {
	for _, query := range []string{
		"name=in:a,%22b,c%22&limit=1", "sort=name:asc,size&marker=x", "sort_key=id&sort_dir=asc&sort_key=name", "created_at=gte:2026-01-02T03:04:05Z", "size_min=1&size_max=x", "status=in:", "tag=a&tag=%20b",
		"visibility=all&os_hidden=TRUE&protected=true&member_status=all", "limit=-1", "limit=99999999999999999999", "name=in:%22%5C%22", "hw_x=y&id=eq:z", "sort=", "sort=:", "sort=name:asc:desc", "changes-since=x", "size=٣",
	} {
		f.Add(query)
	}
	a := &API{Config: glance.DefaultConfig()}
	f.Fuzz(func(t *testing.T, query string) {
		values, _ := url.ParseQuery(query)
		page, err := a.readFilter(values)
		if err != nil {
			if fault.Of(err) == nil {
				t.Errorf("no fault: %v", err)
			}
			return
		}
		if page.Limit < 0 || page.Limit > a.Config.PageMax {
			t.Errorf("a page of %d", page.Limit)
		}
		var columns []string
		for _, o := range page.Sort {
			if !slices.Contains(sortKeys(), o.Column) || slices.Contains(columns, o.Column) {
				t.Errorf("sorts by %q after %q", o.Column, columns)
			}
			columns = append(columns, o.Column)
		}
		if !slices.Contains(columns, "id") {
			t.Errorf("sorts by %q", columns)
		}
		if link := pageLink("/v2/images", query, "m"); strings.ContainsAny(link, " \r\n\"<>") {
			t.Errorf("links to %q", link)
		}
	})
}

// FuzzAmong holds that values in quotes come out of a filter as they went in.
func FuzzAmong(f *testing.F) {
	f.Add("a", "b,c")
	f.Add("", " ")
	f.Add("in:", ",")
	f.Fuzz(func(t *testing.T, first, second string) {
		_, _ = readAmong("in:" + first)
		_, _ = readAmong(second)
		if strings.ContainsAny(first+second, `"\\`) {
			return
		}
		got, err := readAmong(`in:"` + first + `","` + second + `"`)
		if err != nil || !slices.Equal(got, []string{first, second}) {
			t.Errorf("%q, %q become %q %v", first, second, got, err)
		}
	})
}

// FuzzStretch holds that what is asked for of an image lies within it.
func FuzzStretch(f *testing.F) {
	for _, asked := range []string{"bytes=0-9", "bytes=-5", "bytes=5-", "bytes=-0", "bytes=9223372036854775807-", "bytes 0-9/10", "bytes 3-4/*", "bytes=0-0,1-1", "bytes= 1 - 2"} {
		f.Add(asked, "", int64(10))
		f.Add("", asked, int64(10))
		f.Add(asked, asked, int64(0))
	}
	f.Fuzz(func(t *testing.T, part, content string, size int64) {
		if size < 0 {
			return
		}
		h := http.Header{"Range": {part}, "Content-Range": {content}}
		offset, length, isPart, err := stretch(h, size)
		if err != nil {
			if !fault.Is(err, fault.Range) && !(fault.Is(err, fault.Invalid) && strings.Contains(part, ",")) { // several stretches are refused by themselves
				t.Errorf("no fault of a range: %v", err)
			}
			return
		}
		if offset < 0 || length < 0 || offset > size || length > size-offset || isPart && length == 0 {
			t.Errorf("%q %q of %d: %d from %d", part, content, size, length, offset)
		}
	})
}
