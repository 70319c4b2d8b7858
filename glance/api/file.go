package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"cumulet/glance"
	"cumulet/glance/store"
	"cumulet/oslo/fault"
	"cumulet/oslo/rest"
)

func (a *API) fileRoutes() []rest.Route {
	return []rest.Route{
		{Do: "PUT /v2/images/{id}/file", Rule: "upload_image", Status: 204, MaxBody: -1, Run: rest.Do(a.uploadFile)},
		{Do: "GET /v2/images/{id}/file", Rule: "download_image", Status: 200, Run: a.downloadFile},
	}
}

func (a *API) uploadFile(ctx context.Context, c *rest.Call) error {
	if err := bitsOnly(c); err != nil {
		return err
	}
	into, err := a.chosenStore(c.Request.Header.Get("X-Image-Meta-Store"))
	if err != nil {
		return err
	}
	i, err := a.modify(ctx, c, "upload_image")
	if err != nil {
		return err
	}
	return a.Transfer.Upload(ctx, caller(c), i.ID, into, c.Body(), c.Request.ContentLength)
}

// bitsOnly refuses a body that does not say it is bits.
func bitsOnly(c *rest.Call) error {
	if kind := c.Request.Header.Get("Content-Type"); kind != "application/octet-stream" {
		return fault.New(fault.Unsupported, "InvalidContentType", "The request media type %s is not supported by this server.", kind)
	}
	return nil
}

func (a *API) chosenStore(name string) (store.Store, error) {
	if name == "" {
		return a.Stores.Default(), nil
	}
	s, ok := a.Stores.Named(name)
	switch {
	case ok && s.ReadOnly:
		return nil, store.ReadOnly()
	case ok:
		return s, nil
	}
	return nil, glance.Invalid("Unknown scheme '%s' found in URI", name)
}

func (a *API) downloadFile(ctx context.Context, c *rest.Call) (any, error) {
	i, err := a.Registry.Image(ctx, caller(c), c.Path("id"))
	if err != nil {
		return nil, err
	}
	if i.Status == glance.Deactivated && !caller(c).Admin {
		return nil, glance.Forbidden("The requested image has been deactivated. Image data download is forbidden.")
	}
	if err := authorize(c, "download_image", i); err != nil {
		return nil, err
	}
	if len(i.Locations) == 0 || i.Size == nil {
		c.SetStatus(http.StatusNoContent)
		return nil, nil
	}
	offset, length, part, err := stretch(c.Request.Header, *i.Size)
	if err != nil {
		return nil, err
	}
	body, err := a.Transfer.Download(ctx, i, offset, length)
	if fault.Is(err, fault.NotFound) { // as glance/api/v2/image_data.py, which answers so when a store has lost the bits
		c.SetStatus(http.StatusNoContent)
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	s := &rest.Stream{Type: "application/octet-stream", Length: length, Header: http.Header{}, Body: body}
	s.Header.Set("Content-MD5", i.Checksum)
	if part {
		c.SetStatus(http.StatusPartialContent)
		s.Header.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", offset, offset+length-1, *i.Size))
	}
	return s, nil
}

// stretch reads which bytes of size are asked for: by Range or, as older clients do, by Content-Range.
// As glance/common/wsgi.py, Request.get_range_from_request.
func stretch(h http.Header, size int64) (offset, length int64, part bool, err error) {
	if asked := h.Get("Range"); asked != "" {
		offset, length, err = byRange(asked, size)
		return offset, length, true, err
	}
	if asked := h.Get("Content-Range"); asked != "" {
		offset, length, err = byContentRange(asked, size)
		return offset, length, true, err
	}
	return 0, size, false, nil
}

func unsatisfiable(format string, args ...any) error {
	return glance.Below(fault.New(fault.Range, "HTTPRequestRangeNotSatisfiable", format, args...))
}

func byRange(asked string, size int64) (offset, length int64, err error) {
	invalid := unsatisfiable("Invalid Range header.")
	spec, ok := strings.CutPrefix(strings.ReplaceAll(asked, " ", ""), "bytes=")
	from, to, dashed := strings.Cut(spec, "-")
	if strings.Contains(asked, ",") { // as glance/common/wsgi.py, get_range_from_request
		return 0, 0, glance.Invalid("Requests with multiple ranges are not supported in Glance. You may make multiple single-range requests instead.")
	}
	if !ok || !dashed {
		return 0, 0, invalid
	}
	if from == "" {
		n, err := strconv.ParseInt(to, 10, 64)
		if err != nil || n <= 0 || size == 0 { // of nothing there is no end
			return 0, 0, invalid
		}
		n = min(n, size)
		return size - n, n, nil
	}
	first, err := strconv.ParseInt(from, 10, 64)
	last := size - 1
	if to != "" {
		var wrong error
		last, wrong = strconv.ParseInt(to, 10, 64)
		err = errors.Join(err, wrong)
	}
	switch {
	case err != nil || first < 0 || to != "" && last < first:
		return 0, 0, invalid
	case first >= size:
		return 0, 0, unsatisfiable("Invalid start position in Range header. Start position MUST be in the inclusive range [0, %d].", size-1)
	}
	last = min(last, size-1)
	return first, last - first + 1, nil
}

func byContentRange(asked string, size int64) (offset, length int64, err error) {
	var first, last int64
	spec, ok := strings.CutPrefix(strings.TrimSpace(asked), "bytes ")
	spec, total, _ := strings.Cut(spec, "/")
	from, to, dashed := strings.Cut(spec, "-")
	first, err1 := strconv.ParseInt(from, 10, 64)
	last, err2 := strconv.ParseInt(to, 10, 64)
	switch {
	case !ok || !dashed || err1 != nil || err2 != nil || first < 0 || last < first,
		total != "*" && total != strconv.FormatInt(size, 10), last >= size:
		return 0, 0, unsatisfiable("Invalid Content-Range header.")
	}
	return first, last - first + 1, nil
}
