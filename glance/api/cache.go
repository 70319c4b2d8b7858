package api

import (
	"context"
	"strings"
	"time"

	"cumulet/glance"
	"cumulet/glance/cache"
	"cumulet/oslo/fault"
	"cumulet/oslo/policy"
	"cumulet/oslo/rest"
)

// cacheRoutes are for administrators, about the cache of the host that they ask.
func (a *API) cacheRoutes() []rest.Route {
	return []rest.Route{
		{Do: "GET /v2/cache", Rule: "cache_list", Status: 200, Run: rest.Get(a.listCache)},
		{Do: "DELETE /v2/cache", Rule: "cache_delete", Status: 204, Run: rest.Do(a.clearCache)},
		{Do: "PUT /v2/cache/{image_id}", Rule: "cache_image", Status: 202, Run: rest.Do(a.cacheImage)},
		{Do: "DELETE /v2/cache/{image_id}", Rule: "cache_delete", Status: 204, Run: rest.Do(a.uncacheImage)},
	}
}

type cacheView struct {
	Cached []cachedView `json:"cached_images"`
	Queued []string     `json:"queued_images"`
}

type cachedView struct {
	ImageID  string  `json:"image_id"`
	Hits     int     `json:"hits"`
	Accessed float64 `json:"last_accessed"` // seconds since 1970, as Modified
	Modified float64 `json:"last_modified"`
	Size     int64   `json:"size"`
}

func seconds(t time.Time) float64 { return float64(t.UnixMicro()) / 1e6 }

func (a *API) listCache(_ context.Context, c *rest.Call) (cacheView, error) {
	kept, err := a.cacheFor(c, nil)
	if err != nil {
		return cacheView{}, err
	}
	v := cacheView{Cached: []cachedView{}, Queued: kept.Queued()}
	for _, e := range kept.Entries() {
		v.Cached = append(v.Cached, cachedView{ImageID: e.ImageID, Hits: e.Hits, Accessed: seconds(e.Accessed), Modified: seconds(e.Modified), Size: e.Size})
	}
	return v, nil
}

func (a *API) clearCache(_ context.Context, c *rest.Call) error {
	kept, err := a.cacheFor(c, nil)
	if err != nil {
		return err
	}
	switch strings.ToLower(c.Request.Header.Get("X-Image-Cache-Clear-Target")) {
	case "":
		kept.ClearQueue()
		kept.Clear()
	case "cache":
		kept.Clear()
	case "queue":
		kept.ClearQueue()
	default:
		return glance.Invalid("If provided 'x-image-cache-clear-target' must be 'cache', 'queue' or empty string.")
	}
	return nil
}

// cacheImage has an image brought into the cache soon.
func (a *API) cacheImage(ctx context.Context, c *rest.Call) error {
	i, err := a.Registry.Image(ctx, caller(c), c.Path("image_id"))
	if fault.Is(err, fault.NotFound) {
		return notCached(c)
	}
	if err != nil {
		return err
	}
	kept, err := a.cacheFor(c, target(i))
	if err != nil {
		return err
	}
	if i.Status != glance.Active {
		return glance.Invalid("Only images with status active can be targeted for queueing")
	}
	kept.Queue(i.ID)
	return nil
}

// uncacheImage removes an image from cache and queue; one that is no more as well, while it is there.
func (a *API) uncacheImage(ctx context.Context, c *rest.Call) error {
	var t policy.Target
	i, err := a.Registry.Image(ctx, caller(c), c.Path("image_id"))
	switch {
	case err == nil:
		t = target(i)
	case !fault.Is(err, fault.NotFound):
		return err
	case a.Transfer.Cache == nil || !a.Transfer.Cache.Has(c.Path("image_id")):
		return notCached(c)
	}
	kept, err := a.cacheFor(c, t)
	if err != nil {
		return err
	}
	kept.Delete(c.Path("image_id"))
	return nil
}

func notCached(c *rest.Call) error {
	return fault.New(fault.NotFound, "NotFound", "Image %s not found.", c.Path("image_id"))
}

// cacheFor is the cache, for who may do with it what the route is about. That there is none is told to nobody else. As
// glance/api/v2/cached_images.py, CacheController._enforce.
func (a *API) cacheFor(c *rest.Call, t policy.Target) (*cache.Cache, error) {
	if err := c.Authorize(t); err != nil {
		return nil, glance.Below(glance.Forbidden("").Because(err))
	}
	if a.Transfer.Cache == nil {
		return nil, fault.New(fault.NotFound, "NotFound", "Caching via API is not supported at this site.")
	}
	return a.Transfer.Cache, nil
}
