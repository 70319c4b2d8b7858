package api

import (
	"context"

	"cumulet/oslo/rest"
)

func (a *API) extensionRoutes() []rest.Route {
	return []rest.Route{
		{Do: "GET /v2.1/extensions", Rule: "os_compute_api:extensions", Status: 200, Run: rest.Get(a.listExtensions)},
		{Do: "GET /v2.1/extensions/{alias}", Rule: "os_compute_api:extensions", Status: 200, Run: rest.Get(a.showExtension)},
	}
}

// extensions are what clients from before microversions look for, by alias; as far as it is built here.
func extensions() [][2]string {
	return [][2]string{
		{"OS-DCF", "DiskConfig"}, {"OS-EXT-AZ", "ExtendedAvailabilityZone"}, {"OS-EXT-IPS", "ExtendedIps"},
		{"OS-EXT-IPS-MAC", "ExtendedIpsMac"}, {"OS-EXT-SRV-ATTR", "ExtendedServerAttributes"}, {"OS-EXT-STS", "ExtendedStatus"},
		{"OS-FLV-DISABLED", "FlavorDisabled"}, {"OS-FLV-EXT-DATA", "FlavorExtraData"}, {"OS-SCH-HNT", "SchedulerHints"},
		{"OS-SRV-USG", "ServerUsage"}, {"os-admin-actions", "AdminActions"}, {"os-aggregates", "Aggregates"},
		{"os-attach-interfaces", "AttachInterfaces"}, {"os-availability-zone", "AvailabilityZone"}, {"os-config-drive", "ConfigDrive"},
		{"os-console-output", "ConsoleOutput"}, {"os-create-server-ext", "Createserverext"}, {"os-flavor-access", "FlavorAccess"},
		{"os-flavor-extra-specs", "FlavorExtraSpecs"}, {"os-flavor-manage", "FlavorManage"}, {"os-hypervisors", "Hypervisors"},
		{"os-instance-actions", "InstanceActions"}, {"os-keypairs", "Keypairs"}, {"os-quota-class-sets", "QuotaClasses"},
		{"os-quota-sets", "Quotas"}, {"os-server-external-events", "ServerExternalEvents"}, {"os-server-groups", "ServerGroups"},
		{"os-services", "Services"}, {"os-user-data", "UserData"},
	}
}

func viewExtension(e [2]string) view {
	return view{
		"alias": e[0], "name": e[1], "description": e[1], "links": []view{}, "updated": "2014-12-03T00:00:00Z",
		"namespace": "http://docs.openstack.org/compute/ext/fake_xml",
	}
}

func (a *API) listExtensions(_ context.Context, c *rest.Call) (view, error) {
	if err := c.Authorize(c.Mine()); err != nil {
		return nil, err
	}
	list := []view{}
	for _, e := range extensions() {
		list = append(list, viewExtension(e))
	}
	return view{"extensions": list}, nil
}

func (a *API) showExtension(_ context.Context, c *rest.Call) (view, error) {
	if err := c.Authorize(c.Mine()); err != nil {
		return nil, err
	}
	for _, e := range extensions() {
		if e[0] == c.Path("alias") {
			return view{"extension": viewExtension(e)}, nil
		}
	}
	return nil, none("The resource could not be found.")
}
