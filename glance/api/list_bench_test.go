package api_test

import (
	"fmt"
	"net/http/httptest"
	"testing"

	"cumulet/glance"
)

// BenchmarkListOfAThousand is a page of 1,000 of 2,000 images, as the API and the registry make it.
func BenchmarkListOfAThousand(b *testing.B) {
	c := anotherCloud(b)
	for n := range 2000 {
		_, err := c.registry.CreateImage(b.Context(), glance.CreateImage{Caller: glance.Caller{ProjectID: "acme"}, Image: glance.Image{
			Name: new(fmt.Sprint("image-", n)), Owner: "acme", Visibility: glance.Shared, DiskFormat: "raw", ContainerFormat: "bare",
		}})
		if err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		r := httptest.NewRequest("GET", "/image/v2/images?limit=1000&sort=name:asc&status=queued&disk_format=raw", nil)
		r.Header.Set("X-Auth-Token", member)
		w := httptest.NewRecorder()
		c.handler.ServeHTTP(w, r)
		if w.Code != 200 {
			b.Fatal(w.Code, w.Body)
		}
	}
}
