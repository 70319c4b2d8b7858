package catalog

import (
	"strings"
	"testing"

	"cumulet/keystone"
)

const lines = `
# as upstream's etc/default_catalog.templates
catalog.RegionOne.identity.publicURL = http://controller:5000/v3
catalog.RegionOne.identity.adminURL = http://controller:35357/v3
catalog.RegionOne.identity.name = Identity Service
catalog.RegionTwo.object_store.publicURL = http://two/AUTH_$(tenant_id)s
catalog.RegionTwo.object_store.description = files
`

func TestATemplateIsACatalog(t *testing.T) {
	template, err := ParseTemplate(strings.NewReader(lines))
	if err != nil {
		t.Fatal(err)
	}
	m := &Manager{Template: template}
	s, err := m.Service(t.Context(), "object-store")
	if err != nil || s.Type != "object-store" || s.Extra["description"] != "files" || !s.Enabled {
		t.Errorf("%+v, %v", s, err)
	}
	for want, q := range map[int]keystone.Query{
		3: {}, 2: keystone.Query{}.And("interface", "public"), 1: keystone.Query{}.And("region_id", "RegionTwo"), 0: keystone.Query{}.And("service_id", "none"),
	} {
		if got, err := m.Endpoints(t.Context(), q); err != nil || len(got) != want {
			t.Errorf("%+v: %+v, %v", q, got, err)
		}
	}
	e, err := m.Endpoint(t.Context(), "RegionOne-identity-admin")
	if err != nil || e.URL != "http://controller:35357/v3" {
		t.Errorf("%+v, %v", e, err)
	}
	if r, err := m.Region(t.Context(), "RegionOne"); err != nil || r.ID != "RegionOne" {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := m.Region(t.Context(), "none"); err == nil {
		t.Error("a region that is not there")
	}
	if _, err := m.CreateRegion(t.Context(), keystone.Region{ID: "new"}); err == nil || !strings.Contains(err.Error(), "not been implemented") {
		t.Error(err)
	}
}

func TestASenselessTemplateIsRefusedWithItsLine(t *testing.T) {
	for _, line := range []string{"nonsense", "catalog.a.b = c", "catalog.a.b.publicURL=c", "catalog.a..publicURL = c", "catalog.a.b.publicURL = http://$(public_port)s"} {
		_, err := ParseTemplate(strings.NewReader("# first\n" + line + "\n"))
		if err == nil || !strings.Contains(err.Error(), "line 2") {
			t.Errorf("%q: %v", line, err)
		}
	}
}
