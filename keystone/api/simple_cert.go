package api

import (
	"context"

	"cumulet/oslo/fault"
	"cumulet/oslo/rest"
)

// simpleCertRoutes are where the certificates of PKI tokens were. As keystone/api/os_simple_cert.py.
func (a *API) simpleCertRoutes() []rest.Route {
	return []rest.Route{
		{Do: "GET /v3/OS-SIMPLE-CERT/ca", Rule: rest.Public, Status: 410, Run: rest.Do(noCertificates)},
		{Do: "GET /v3/OS-SIMPLE-CERT/certificates", Rule: rest.Public, Status: 410, Run: rest.Do(noCertificates)},
	}
}

func noCertificates(context.Context, *rest.Call) error {
	return fault.New(fault.Gone, "Gone", "This API is no longer available due to the removal of support for PKI tokens.")
}
