package api

import (
	"strings"

	"cumulet/oslo/policy"
)

// Rules are compute's policies with upstream's names and new defaults, as nova/policies.
func Rules() []policy.Rule {
	rules := []policy.Rule{
		{Name: "context_is_admin", Check: "role:admin", Doc: "Administrators."},
		{Name: "project_member_api", Check: "role:member and project_id:%(project_id)s", Doc: "Members of the project."},
		{Name: "project_reader_api", Check: "role:reader and project_id:%(project_id)s", Doc: "Readers of the project."},
		{Name: "project_member_or_admin", Check: "rule:project_member_api or rule:context_is_admin", Doc: "Members and administrators."},
		{Name: "project_reader_or_admin", Check: "rule:project_reader_api or rule:context_is_admin", Doc: "Readers and administrators."},
	}
	for _, group := range ruleGroups() {
		for _, name := range strings.Fields(group.names) {
			if !strings.HasPrefix(name, "compute:") {
				name = "os_compute_api:" + name
			}
			rules = append(rules, policy.Rule{Name: name, Check: group.check, Doc: group.doc})
		}
	}
	return rules
}

type ruleGroup struct{ check, doc, names string }

// ruleGroups are the rules by who may; "os_compute_api:" stands before each name.
func ruleGroups() []ruleGroup {
	return []ruleGroup{
		{"@", "For everyone with a token.", `
			flavors
			os-quota-sets:defaults os-availability-zone:list limits extensions
		`},
		{"rule:project_reader_or_admin", "For readers of the thing's project.", `
			servers:index servers:detail servers:show servers:show:flavor-extra-specs os-flavor-extra-specs:show
			os-flavor-extra-specs:index os-quota-sets:show os-quota-sets:detail os-server-groups:index
			os-server-groups:show server-metadata:index server-metadata:show os-server-tags:index
			os-server-tags:show os-attach-interfaces:list os-attach-interfaces:show os-instance-actions:list
			os-instance-actions:show ips:show ips:index os-security-groups:list
		`},
		{"rule:project_member_or_admin", "For members of the thing's project.", `
			servers:create servers:create:attach_volume servers:create:attach_network
			servers:create:trusted_certs servers:delete servers:update servers:reboot servers:start servers:stop
			os-server-groups:create os-server-groups:delete server-metadata:create server-metadata:update_all
			server-metadata:update server-metadata:delete os-server-tags:delete_all os-server-tags:update_all
			os-server-tags:delete os-server-tags:update os-attach-interfaces:create os-attach-interfaces:delete
			os-console-output os-lock-server:lock os-lock-server:unlock os-suspend-server:resume
			os-suspend-server:suspend os-pause-server:pause os-pause-server:unpause os-deferred-delete:force
		`},
		{"(rule:context_is_admin) or user_id:%(user_id)s", "For the user whose it is.", `
			os-keypairs:index os-keypairs:create os-keypairs:delete os-keypairs:show
		`},
		{"rule:context_is_admin or role:service", "For other services.", `
			os-server-external-events:create
		`},
		{"rule:context_is_admin", "For administrators.", `
			servers:index:get_all_tenants servers:detail:get_all_tenants servers:allow_all_filters
			servers:show:host_status servers:show:host_status:unknown-only servers:create:forced_host
			compute:servers:create:requested_destination os-extended-server-attributes os-flavor-manage:create
			os-flavor-manage:update os-flavor-manage:delete os-flavor-access:add_tenant_access
			os-flavor-access:remove_tenant_access os-flavor-access os-flavor-extra-specs:create
			os-flavor-extra-specs:update os-flavor-extra-specs:delete os-quota-sets:update os-quota-sets:delete
			os-quota-class-sets:show os-quota-class-sets:update os-services:list os-services:update
			os-services:delete os-hypervisors:list os-hypervisors:list-detail os-hypervisors:statistics
			os-hypervisors:show os-hypervisors:uptime os-hypervisors:search os-hypervisors:servers
			os-aggregates:set_metadata os-aggregates:add_host os-aggregates:create os-aggregates:remove_host
			os-aggregates:update os-aggregates:index os-aggregates:delete os-aggregates:show
			os-server-groups:index:all_projects os-lock-server:unlock:unlock_override
			os-admin-actions:reset_state os-instance-actions:events:details os-instance-actions:events
			os-availability-zone:detail limits:other_project
		`},
	}
}
