package scheduler

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"cumulet/nova"
	"cumulet/nova/inventory"
	"cumulet/oslo/fault"
	"cumulet/oslo/messaging"
	"cumulet/oslo/service"
)

// maxCandidates bounds what placement is asked for; as [scheduler]max_placement_results.
const maxCandidates = 1000

// soon is when the hosts are read again, where no conductor answered.
const soon = time.Second

// Scheduler is the role.
type Scheduler struct {
	Bus       *messaging.Bus
	Inventory *inventory.Client
	Filters   []Filter
	Weighers  []Weigher
	Host      string // its own name, for the service list
	Config    nova.Config
	Now       func() time.Time
	Log       *slog.Logger

	hosts hosts
	rooms rooms
}

// Run serves until ctx ends; it calls ready once it takes messages.
func (s *Scheduler) Run(ctx context.Context, ready func()) error {
	server := &messaging.Server{Bus: s.Bus, Topic: nova.SchedulerTopic, Host: s.Host}
	messaging.Answer(server, s.SelectHost)
	messaging.Take(server, func(_ context.Context, m nova.HostChanged) error {
		s.hosts.put(m.State)
		return nil
	})
	resync := &service.Reconciler{Name: "scheduler hosts", Every: s.Config.ResyncInterval, Retry: soon, Do: s.resync, Log: s.Log}
	report := &service.Reconciler{Name: "scheduler report", Every: s.Config.ReportInterval, Do: s.report, Log: s.Log}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return resync.Run(ctx) })
	group.Go(func() error { return report.Run(ctx) })
	group.Go(func() error { return server.Run(ctx, ready) })
	return group.Wait()
}

// resync reads all hosts anew.
func (s *Scheduler) resync(ctx context.Context) error {
	all, err := messaging.Call[nova.HostStates](ctx, s.Bus, messaging.Topic(nova.ConductorTopic), nova.ListHostStates{})
	if err != nil {
		return fmt.Errorf("read hosts: %w", err)
	}
	s.hosts.replace(all.Hosts)
	return nil
}

func (s *Scheduler) report(ctx context.Context) error {
	return messaging.Cast(ctx, s.Bus, messaging.Topic(nova.ConductorTopic),
		nova.ReportService{Host: s.Host, Binary: nova.SchedulerBinary, Topic: nova.SchedulerTopic})
}

func (s *Scheduler) selectHost(ctx context.Context, m nova.SelectHost) (nova.Selection, error) {
	question := inventory.Needs(m.Spec.Flavor)
	question.Limit = maxCandidates
	ask := func(ctx context.Context) ([]inventory.Candidate, error) { return s.Inventory.Candidates(ctx, question) }
	began := s.Now()
	for asked := (time.Time{}); ; { // once with what is remembered, once anew
		found, at, err := s.rooms.of(ctx, question.String(), asked, s.Now, ask)
		if err != nil {
			return nova.Selection{}, fmt.Errorf("ask for candidates: %w", err)
		}
		picked, err := s.among(ctx, m.Spec, question, found)
		if err != nil || picked.Host != "" || !at.Before(began) {
			return picked, err
		}
		asked = at
	}
}

// among picks one of the candidates for a question.
func (s *Scheduler) among(ctx context.Context, spec nova.RequestSpec, question inventory.Question, found []inventory.Candidate) (nova.Selection, error) {
	report := nova.SchedulerReport{At: s.Now().UTC(), Refused: map[string]nova.Refusal{}, Candidates: len(found)}
	candidates, err := s.known(ctx, found)
	if err != nil {
		return nova.Selection{}, err
	}
	fit := s.filter(spec, candidates, &report)
	if len(fit) == 0 && doubtful(report) { // what is remembered of a host may be old: nobody is refused for that
		if err := s.resync(ctx); err != nil {
			return nova.Selection{}, err
		}
		if candidates, err = s.known(ctx, found); err != nil {
			return nova.Selection{}, err
		}
		report.Refused, report.Filters = map[string]nova.Refusal{}, nil
		fit = s.filter(spec, candidates, &report)
	}
	s.weigh(spec, fit, &report)
	owner := inventory.Owner{ServerID: spec.ServerID, ProjectID: spec.ProjectID, UserID: spec.UserID}
	for _, c := range fit {
		claimed, err := s.Inventory.Claim(ctx, owner, c.Candidate)
		if err != nil {
			return nova.Selection{}, fmt.Errorf("claim %s: %w", c.Host, err)
		}
		if claimed {
			s.rooms.claimed(question.String(), c.Candidate)
			return chosen(c.HostState, report), nil
		}
		held, err := s.held(ctx, spec, report)
		if err != nil || held.Host != "" {
			return held, err
		}
		report.Claims++
	}
	if len(fit) == 0 { // perhaps the claim of an earlier call is what took the last room
		if held, err := s.held(ctx, spec, report); err != nil || held.Host != "" {
			return held, err
		}
	}
	return nova.Selection{Report: report}, nil
}

// doubtful tells whether a host was refused for what may have changed since it was heard of.
func doubtful(report nova.SchedulerReport) bool {
	for _, r := range report.Refused {
		if r.Filter == (computeFilter{}).Name() {
			return true
		}
	}
	return false
}

func chosen(h nova.HostState, report nova.SchedulerReport) nova.Selection {
	report.Chosen = h.Host
	return nova.Selection{Host: h.Host, Node: h.Node.Name, NodeID: h.Node.ID, Zone: h.Zone, Report: report}
}

// held is the selection of a server that has a claim already.
func (s *Scheduler) held(ctx context.Context, spec nova.RequestSpec, report nova.SchedulerReport) (nova.Selection, error) {
	held, err := s.Inventory.Held(ctx, spec.ServerID)
	if err != nil {
		return nova.Selection{}, fmt.Errorf("read claim of %s: %w", spec.ServerID, err)
	}
	for provider := range held {
		if h, ok := s.hosts.get(provider); ok {
			return chosen(h, report), nil
		}
	}
	return nova.Selection{}, nil
}

// Candidate is a host with room, as filters and weighers see it.
type Candidate struct {
	nova.HostState
	inventory.Candidate
	weight float64
	tie    uint16 // orders hosts of one weight
}

// known joins placement's candidates with the hosts in memory, reading these anew when one is not among them.
func (s *Scheduler) known(ctx context.Context, found []inventory.Candidate) ([]Candidate, error) {
	for again := false; ; again = true {
		list, strangers := make([]Candidate, 0, len(found)), false
		for _, f := range found {
			h, ok := s.hosts.get(f.Provider)
			if ok {
				list = append(list, Candidate{HostState: h, Candidate: f})
			}
			strangers = strangers || !ok
		}
		if !strangers || again {
			return list, nil
		}
		if err := s.resync(ctx); err != nil {
			if fault.Is(err, fault.Unavailable) && len(list) > 0 {
				return list, nil
			}
			return nil, err
		}
	}
}
