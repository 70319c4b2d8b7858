package notification

import (
	"cmp"
	"strings"

	"cumulet/nova"
	"cumulet/oslo/notification"
)

// words is what upstream calls an action of ours: in the older form, in the versioned one, and how it may end there. "" is not told.
type words struct {
	legacy, versioned string
	fails             bool // its failure is told
}

// actions are those of nova/compute/manager.py; in API order.
var actions = map[string]words{
	"create":  {"create", "create", true},
	"delete":  {"delete", "delete", false},
	"stop":    {"power_off", "power_off", false},
	"start":   {"power_on", "power_on", false},
	"reboot":  {"reboot", "reboot", true},
	"pause":   {"pause", "pause", false},
	"unpause": {"unpause", "unpause", false},
	"suspend": {"suspend", "suspend", false},
	"resume":  {"resume", "resume", false},

	"interface_attach": {"", "interface_attach", true},
	"interface_detach": {"", "interface_detach", false},
}

// server is what is told of a server's event: first that its state is another, where that is wanted, then what was done.
func (t *Translator) server(e notification.Event) ([]notification.Notification, error) {
	s, err := decode[nova.Server](e)
	if err != nil {
		return nil, err
	}
	all := t.update(e, s)
	_, action, _ := strings.Cut(e.Name, ".")
	if action == "lock" || action == "unlock" { // nova-api does these itself
		return append(all, versioned(t.api(), "instance."+action, actionPayload(e, s))), nil
	}
	action, phase, _ := strings.Cut(action, ".")
	w, known := actions[action]
	if !known || phase == "error" && !w.fails {
		return all, nil
	}
	if action == "create" && phase == "error" && s.Host == "" {
		all = append(all, t.unscheduled(s)...)
	}
	if action == "delete" && phase == "end" && s.LaunchedAt != nil {
		all = append(all, t.told(e, s, words{"shutdown", "shutdown", false}, "start")...)
		all = append(all, t.told(e, s, words{"shutdown", "shutdown", false}, "end")...)
	}
	return append(all, t.told(e, s, w, phase)...), nil
}

// told is one phase of an action in both forms.
func (t *Translator) told(e notification.Event, s nova.Server, w words, phase string) []notification.Notification {
	var all []notification.Notification
	if w.legacy != "" {
		payload := t.info(s)
		switch w.legacy + "." + phase {
		case "create.start":
			payload["image_name"] = "" // which is not remembered
		case "create.end":
			payload["message"], payload["fixed_ips"] = "Success", fixedIPs(s)
		}
		if f := s.Fault; phase == "error" && f != nil {
			payload["message"], payload["code"], payload["exception"] = f.Message, f.Code, f.Message
		}
		all = append(all, legacy("compute."+t.on(s), "compute.instance."+w.legacy+"."+phase, payload))
	}
	payload := actionPayload(e, s)
	if w.versioned == "create" {
		payload = create(e, s)
	}
	if phase == "error" && s.Fault != nil {
		payload.data["fault"] = exception(*s.Fault)
	}
	return append(all, versioned("nova-compute:"+t.on(s), "instance."+w.versioned+"."+phase, payload))
}

// update tells that a server is not as it was; as nova/notifications/base.py, send_update.
func (t *Translator) update(e notification.Event, s nova.Server) []notification.Notification {
	if t.Config.NotifyOnStateChange == "" {
		return nil
	}
	was := nova.Was{VMState: s.VMState, TaskState: s.TaskState}
	if s.Was != nil {
		was = *s.Was
	}
	changed := was.VMState != s.VMState || t.Config.NotifyOnStateChange == nova.VMAndTaskState && was.TaskState != s.TaskState
	if _, action, _ := strings.Cut(e.Name, "."); !changed && strings.Contains(action, ".") {
		return nil // an action that has changed nothing yet
	}
	begin, end := auditPeriod(e.At)
	payload := t.info(s)
	payload["old_state"], payload["state"] = was.VMState, s.VMState
	payload["old_task_state"], payload["new_task_state"] = orNil(string(was.TaskState)), orNil(string(s.TaskState))
	payload["audit_period_beginning"], payload["audit_period_ending"] = longTime(begin), longTime(end)
	if was.Name != "" && was.Name != s.Name {
		payload["old_display_name"] = was.Name
	}
	return []notification.Notification{
		legacy("compute."+t.on(s), "compute.instance.update", payload),
		versioned("nova-compute:"+t.on(s), "instance.update", changedInstance(e, s, was)),
	}
}

// on is the host that tells of a server: its own, or this one where it has none.
func (t *Translator) on(s nova.Server) string { return cmp.Or(s.Host, t.Host) }
