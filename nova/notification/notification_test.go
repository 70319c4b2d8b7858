package notification_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"cumulet/nova"
	"cumulet/nova/notification"
	oslo "cumulet/oslo/notification"
	"cumulet/oslo/telemetry"
)

// message is what a collector reads.
type message struct {
	topic     oslo.Topic
	Publisher string         `json:"publisher_id"`
	Type      string         `json:"event_type"`
	Priority  string         `json:"priority"`
	Payload   map[string]any `json:"payload"`
}

func event(t *testing.T, name string, of any) oslo.Event {
	t.Helper()
	payload, err := json.Marshal(of)
	if err != nil {
		t.Fatal(err)
	}
	return oslo.Event{
		Seq: 1, Name: name, At: time.Date(2026, 1, 22, 3, 4, 5, 0, time.UTC), RequestID: "req-1", Payload: payload,
		Actor: &telemetry.Actor{UserID: "user-1", ProjectID: "project-1"},
	}
}

func told(t *testing.T, config nova.Config, e oslo.Event) []message {
	t.Helper()
	translator := &notification.Translator{Config: config, Host: "control", ImageURL: "http://cloud/image"}
	all, err := translator.Translate(e)
	if err != nil {
		t.Fatal(err)
	}
	var out []message
	for part, n := range all {
		notice, err := n.Notice("nova", "control", e, part)
		if err != nil {
			t.Fatal(err)
		}
		m := message{topic: n.Topic}
		if err := json.Unmarshal(notice.RawMessage, &m); err != nil {
			t.Fatal(err)
		}
		out = append(out, m)
	}
	return out
}

func types(all []message) (names []string) {
	for _, m := range all {
		names = append(names, m.Type)
	}
	return names
}

func config(format, onChange string) nova.Config {
	return nova.Config{NotificationFormat: format, NotifyOnStateChange: onChange}
}

// server is one that runs.
func server() nova.Server {
	launched := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	return nova.Server{
		Number: 1, ID: "server-1", ProjectID: "project-1", UserID: "user-1", Name: "hello", Hostname: "hello", VMState: nova.Active,
		PowerState: nova.PowerRunning, Host: "host-1", Node: "node-1", AvailabilityZone: "nova", ImageID: "image-1", DiskConfig: "AUTO",
		Flavor: nova.Flavor{ID: "1", Name: "m1.tiny", VCPUs: 1, RAMMiB: 512, DiskGiB: 1}, KeyName: "key", PublicKey: "ssh-rsa x",
		Network: nova.NetworkInfo{{PortID: "port-1", NetworkName: "private", MAC: "fa:16:3e:00:00:01", Device: "tapport-1", Addresses: []nova.Address{
			{IP: "10.0.0.5", Version: 4}, {IP: "172.24.4.7", Version: 4, Floating: true, FixedIP: "10.0.0.5"},
		}}},
		CreatedAt: launched, UpdatedAt: launched, LaunchedAt: &launched,
	}
}

func sorted(of map[string]any) []string { return slices.Sorted(maps.Keys(of)) }

// TestServerIsToldInTheOlderForm holds the payload to the members of nova/notifications/base.py, info_from_instance.
func TestServerIsToldInTheOlderForm(t *testing.T) {
	all := told(t, config(nova.Unversioned, ""), event(t, "server.create.end", server()))
	if len(all) != 1 || all[0].Type != "compute.instance.create.end" || all[0].Publisher != "compute.host-1" || all[0].Priority != "INFO" {
		t.Fatalf("told is %+v", all)
	}
	p := all[0].Payload
	want := strings.Fields(`access_ip_v4 access_ip_v6 architecture availability_zone cell_name created_at deleted_at disk_gb display_name
		ephemeral_gb fixed_ips host hostname image_meta image_ref_url instance_flavor_id instance_id instance_type instance_type_id kernel_id
		launched_at memory_mb message metadata node os_type progress ramdisk_id reservation_id root_gb state state_description tenant_id
		terminated_at user_id vcpus`)
	if got := sorted(p); !slices.Equal(got, want) {
		t.Errorf("it has %v", got)
	}
	ips, _ := p["fixed_ips"].([]any)
	if len(ips) != 1 || p["created_at"] != "2026-01-02 03:04:05+00:00" || p["launched_at"] != "2026-01-02T03:04:05.000000" || p["deleted_at"] != "" ||
		p["image_ref_url"] != "http://cloud/image/images/image-1" || p["memory_mb"] != 512.0 || p["state"] != "active" || p["message"] != "Success" {
		t.Errorf("it is %v", p)
	}
	if ip := ips[0].(map[string]any); ip["address"] != "10.0.0.5" || ip["label"] != "private" || ip["vif_mac"] != "fa:16:3e:00:00:01" {
		t.Errorf("its address is %v", ip)
	}
}

// TestServerIsToldInTheVersionedForm holds the payload to upstream's sample instance-create-end.json, as of Zed.
func TestServerIsToldInTheVersionedForm(t *testing.T) {
	all := told(t, config(nova.Versioned, ""), event(t, "server.create.end", server()))
	if len(all) != 1 || all[0].topic != oslo.Versioned || all[0].Type != "instance.create.end" || all[0].Publisher != "nova-compute:host-1" {
		t.Fatalf("told is %+v", all)
	}
	p := all[0].Payload
	if p["nova_object.name"] != "InstanceCreatePayload" || p["nova_object.version"] != "1.12" || p["nova_object.namespace"] != "nova" {
		t.Errorf("it is %v", p)
	}
	data := p["nova_object.data"].(map[string]any)
	want := strings.Fields(`action_initiator_project action_initiator_user architecture auto_disk_config availability_zone block_devices created_at
		deleted_at display_description display_name fault flavor host host_name image_uuid instance_name ip_addresses kernel_id key_name keypairs
		launched_at locked locked_reason metadata node os_type power_state progress ramdisk_id request_id reservation_id state tags task_state
		tenant_id terminated_at trusted_image_certificates updated_at user_id uuid`)
	if got := sorted(data); !slices.Equal(got, want) {
		t.Errorf("it has %v", got)
	}
	flavor := data["flavor"].(map[string]any)["nova_object.data"].(map[string]any)
	wantFlavor := strings.Fields(`description disabled ephemeral_gb extra_specs flavorid is_public memory_mb name projects root_gb rxtx_factor swap
		vcpu_weight vcpus`)
	if got := sorted(flavor); !slices.Equal(got, wantFlavor) {
		t.Errorf("the flavor has %v", got)
	}
	address := data["ip_addresses"].([]any)[0].(map[string]any)["nova_object.data"].(map[string]any)
	if got := sorted(address); !slices.Equal(got, []string{"address", "device_name", "label", "mac", "meta", "port_uuid", "version"}) {
		t.Errorf("the address has %v", got)
	}
	if data["power_state"] != "running" || data["created_at"] != "2026-01-02T03:04:05Z" || data["action_initiator_user"] != "user-1" ||
		data["request_id"] != "req-1" || data["instance_name"] != "instance-00000001" || data["task_state"] != nil {
		t.Errorf("it is %v", data)
	}
}

func TestActionsHaveUpstreamsNames(t *testing.T) {
	for name, want := range map[string][]string{
		"server.create.start":           {"compute.instance.create.start", "instance.create.start"},
		"server.stop.start":             {"compute.instance.power_off.start", "instance.power_off.start"},
		"server.start.end":              {"compute.instance.power_on.end", "instance.power_on.end"},
		"server.reboot.error":           {"compute.instance.reboot.error", "instance.reboot.error"},
		"server.pause.error":            nil,
		"server.interface_attach.start": {"instance.interface_attach.start"},
		"server.lock":                   {"instance.lock"},
		"server.update":                 nil,
		"server.delete.end": {
			"compute.instance.shutdown.start", "instance.shutdown.start", "compute.instance.shutdown.end", "instance.shutdown.end",
			"compute.instance.delete.end", "instance.delete.end",
		},
	} {
		if got := types(told(t, config(nova.BothForms, ""), event(t, name, server()))); !slices.Equal(got, want) {
			t.Errorf("%s is told as %v", name, got)
		}
	}
}

func TestFailureIsToldWithItsReason(t *testing.T) {
	s := server()
	s.Host, s.LaunchedAt, s.Fault = "", nil, &nova.Failure{Code: 500, Message: "No valid host was found. "}
	all := told(t, config(nova.BothForms, ""), event(t, "server.create.error", s))
	if len(all) != 4 || all[0].Type != "compute_task.build_instances" || all[0].Publisher != "compute_task.control" ||
		all[0].Priority != "ERROR" || all[1].Type != "compute_task.build_instances.error" || all[1].Publisher != "nova-conductor:control" {
		t.Fatalf("told is %+v", all)
	}
	all = all[2:]
	if all[0].Priority != "ERROR" || all[0].Publisher != "compute.control" || all[0].Payload["code"] != 500.0 ||
		all[1].Publisher != "nova-compute:control" {
		t.Fatalf("told is %+v", all)
	}
	fault := all[1].Payload["nova_object.data"].(map[string]any)["fault"].(map[string]any)["nova_object.data"].(map[string]any)
	if fault["exception_message"] != "No valid host was found. " {
		t.Errorf("the fault is %v", fault)
	}
}

func TestChangeOfStateIsToldWhereWanted(t *testing.T) {
	stopping := server()
	stopping.TaskState, stopping.Was = nova.PoweringOff, &nova.Was{VMState: nova.Active, Name: "hello"}
	stopped := server()
	stopped.VMState, stopped.Was = nova.Stopped, &nova.Was{VMState: nova.Active, TaskState: nova.PoweringOff, Name: "hello"}
	renamed := server()
	renamed.Was = &nova.Was{VMState: nova.Active, Name: "before"}
	for _, c := range []struct {
		when, name string
		of         nova.Server
		want       bool
	}{
		{"", "server.stop.end", stopped, false},
		{nova.VMStateOnly, "server.stop.start", stopping, false},
		{nova.VMStateOnly, "server.stop.end", stopped, true},
		{nova.VMAndTaskState, "server.stop.start", stopping, true},
		{nova.VMStateOnly, "server.update", renamed, true},
	} {
		all := told(t, config(nova.BothForms, c.when), event(t, c.name, c.of))
		if got := len(all) > 0 && all[0].Type == "compute.instance.update" && all[1].Type == "instance.update"; got != c.want {
			t.Errorf("%s with %q is told as %v", c.name, c.when, types(all))
		}
	}
	p := told(t, config(nova.BothForms, nova.VMStateOnly), event(t, "server.update", renamed))
	if p[0].Payload["old_display_name"] != "before" || p[0].Payload["old_state"] != "active" ||
		p[0].Payload["audit_period_beginning"] != "2026-01-01T00:00:00.000000" {
		t.Errorf("it is %v", p[0].Payload)
	}
	data := p[1].Payload["nova_object.data"].(map[string]any)
	if p[1].Payload["nova_object.name"] != "InstanceUpdatePayload" || data["old_display_name"] != "before" || data["state_update"] == nil || data["audit_period"] == nil {
		t.Errorf("it is %v", p[1].Payload)
	}
}

func TestOtherNounsAreTold(t *testing.T) {
	for name, c := range map[string]struct {
		of   any
		want []string
	}{
		"keypair.import.end":  {nova.Keypair{UserID: "user-1", Name: "k"}, []string{"keypair.import.start", "keypair.import.start", "keypair.import.end", "keypair.import.end"}},
		"flavor.create":       {nova.Flavor{ID: "1"}, []string{"flavor.create"}},
		"server_group.create": {nova.ServerGroup{ID: "g"}, []string{"servergroup.create", "server_group.create"}},
		"service.update":      {nova.Service{ID: "s", Host: "host-1", Binary: "nova-compute"}, []string{"service.update"}},
		"aggregate.addhost.end": {nova.Aggregate{ID: 7}, []string{
			"aggregate.addhost.start", "aggregate.add_host.start", "aggregate.addhost.end", "aggregate.add_host.end",
		}},
	} {
		if got := types(told(t, config(nova.BothForms, ""), event(t, name, c.of))); !slices.Equal(got, c.want) {
			t.Errorf("%s is told as %v", name, got)
		}
	}
	m := told(t, config(nova.Unversioned, ""), event(t, "keypair.create.end", nova.Keypair{UserID: "user-1", Name: "k"}))[0]
	if m.Publisher != "api.control" || m.Payload["tenant_id"] != "project-1" || m.Payload["key_name"] != "k" {
		t.Errorf("a key pair is told as %+v", m)
	}
}

func TestChoiceOfAHostIsTold(t *testing.T) {
	spec := nova.RequestSpec{ServerID: "server-1", ProjectID: "project-1", Flavor: nova.Flavor{ID: "1"}, Group: &nova.GroupSpec{ID: "g", Policy: "affinity"}}
	all := told(t, config(nova.BothForms, ""), event(t, "scheduler.select_destinations.end", spec))
	want := []string{"scheduler.select_destinations.start", "scheduler.select_destinations.start", "scheduler.select_destinations.end", "scheduler.select_destinations.end"}
	if got := types(all); !slices.Equal(got, want) || all[0].Publisher != "scheduler.control" || all[1].Publisher != "nova-scheduler:control" {
		t.Fatalf("told is %v", all)
	}
	if p := all[0].Payload["request_spec"].(map[string]any); p["instance_properties"].(map[string]any)["uuid"] != "server-1" {
		t.Errorf("it is %v", p)
	}
	// as nova/notifications/objects/request_spec.py, RequestSpecPayload, as of Zed
	fields := strings.Fields(`availability_zone flavor force_hosts force_nodes ignore_hosts image image_meta instance_group instance_uuid num_instances
		numa_topology pci_requests project_id requested_destination retry scheduler_hints security_groups user_id`)
	if got := sorted(all[1].Payload["nova_object.data"].(map[string]any)); !slices.Equal(got, fields) {
		t.Errorf("it has %v", got)
	}
}

// TestEveryEventCanBeTold translates what the table of events has.
func TestEveryEventCanBeTold(t *testing.T) {
	for _, kind := range nova.Events() {
		told(t, config(nova.BothForms, nova.VMAndTaskState), event(t, kind.Name, map[string]any{}))
	}
}
