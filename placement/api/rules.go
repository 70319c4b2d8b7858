package api

import "cumulet/oslo/policy"

// Rules are placement's policies with upstream's names and defaults, as placement/policies has them since roles may be
// "service".
func Rules() []policy.Rule {
	rules := []policy.Rule{
		{Name: "admin_api", Check: "role:admin", Doc: "Administrators."},
		{Name: "service_api", Check: "role:service", Doc: "Other services."},
		{Name: "admin_or_service_api", Check: "role:admin or role:service", Doc: "Default rule for most placement APIs."},
		{Name: "project_reader_api", Check: "role:reader and project_id:%(project_id)s", Doc: "Readers of the project."},
		{
			Name: "admin_or_project_reader_or_service_api", Check: "role:admin or rule:project_reader_api or role:service",
			Doc: "Readers of the project, administrators and services.",
		},
		{Name: "placement:usages", Check: "rule:admin_or_project_reader_or_service_api", Doc: "List total resource usages for a given project."},
	}
	for _, r := range []struct{ name, doc string }{
		{"resource_providers:list", "List resource providers."},
		{"resource_providers:create", "Create a resource provider."},
		{"resource_providers:show", "Show a resource provider."},
		{"resource_providers:update", "Update a resource provider."},
		{"resource_providers:delete", "Delete a resource provider."},
		{"resource_providers:inventories:list", "List a provider's inventories."},
		{"resource_providers:inventories:create", "Create one inventory of a provider."},
		{"resource_providers:inventories:show", "Show one inventory of a provider."},
		{"resource_providers:inventories:update", "Update a provider's inventories."},
		{"resource_providers:inventories:delete", "Delete a provider's inventories."},
		{"resource_providers:aggregates:list", "List a provider's aggregates."},
		{"resource_providers:aggregates:update", "Update a provider's aggregates."},
		{"resource_providers:allocations:list", "List the allocations of a provider."},
		{"resource_providers:traits:list", "List a provider's traits."},
		{"resource_providers:traits:update", "Update a provider's traits."},
		{"resource_providers:traits:delete", "Delete a provider's traits."},
		{"resource_providers:usages", "List a provider's usages."},
		{"allocations:list", "List the allocations of a consumer."},
		{"allocations:manage", "Set the allocations of several consumers."},
		{"allocations:update", "Set the allocations of a consumer."},
		{"allocations:delete", "Delete the allocations of a consumer."},
		{"allocation_candidates:list", "List allocation candidates."},
		{"traits:list", "List traits."},
		{"traits:show", "Show a trait."},
		{"traits:update", "Create a trait."},
		{"traits:delete", "Delete a trait."},
		{"resource_classes:list", "List resource classes."},
		{"resource_classes:create", "Create a resource class."},
		{"resource_classes:show", "Show a resource class."},
		{"resource_classes:update", "Update a resource class."},
		{"resource_classes:delete", "Delete a resource class."},
		{"reshaper:reshape", "Move inventories and allocations between providers."},
	} {
		rules = append(rules, policy.Rule{Name: "placement:" + r.name, Check: "rule:admin_or_service_api", Doc: r.doc})
	}
	return rules
}
