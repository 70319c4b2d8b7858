package registry

import (
	"context"

	"golang.org/x/sync/errgroup"

	"cumulet/glance"
	"cumulet/oslo/flow"
	"cumulet/oslo/messaging"
)

// Server is the role glance-registry: it takes the messages of glance.RegistryTopic, and runs imports.
type Server struct {
	Registry *Registry
	Bus      *messaging.Bus
}

// Run serves until ctx ends; ready is called once messages are taken.
func (s *Server) Run(ctx context.Context, ready func()) error {
	r := s.Registry
	server := &messaging.Server{Bus: s.Bus, Topic: glance.RegistryTopic}
	r.answers(server)
	runner := &flow.Runner{DB: r.DB.DB, Flows: r.Flows(), Owner: r.Owner, Log: r.Log, Workers: r.Imports}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return runner.Run(ctx) })
	group.Go(func() error { return server.Run(ctx, ready) })
	return group.Wait()
}

// answers registers what registries answer.
func (r *Registry) answers(server *messaging.Server) {
	messaging.Answer(server, r.CreateImage)
	messaging.Answer(server, r.ShowImage)
	messaging.Answer(server, r.ListImages)
	messaging.Answer(server, r.UpdateImage)
	messaging.Answer(server, r.DeleteImage)
	messaging.Answer(server, r.ActivateImage)
	messaging.Answer(server, r.TagImage)
	messaging.Answer(server, r.BeginUpload)
	messaging.Take(server, r.RenewUpload)
	messaging.Answer(server, r.FinishUpload)
	messaging.Take(server, r.AbortUpload)
	messaging.Take(server, r.FinishStaging)
	messaging.Answer(server, r.StartImport)
	messaging.Answer(server, r.StartTask)
	messaging.Answer(server, r.ShowTask)
	messaging.Answer(server, r.ListTasks)
	messaging.Answer(server, r.ListImageTasks)
	messaging.Answer(server, r.CreateMember)
	messaging.Answer(server, r.ShowMember)
	messaging.Answer(server, r.ListMembers)
	messaging.Answer(server, r.UpdateMember)
	messaging.Take(server, r.DeleteMember)
	messaging.Answer(server, r.CreateNamespace)
	messaging.Answer(server, r.ShowNamespace)
	messaging.Answer(server, r.ListNamespaces)
	messaging.Answer(server, r.UpdateNamespace)
	messaging.Take(server, r.DeleteNamespace)
	messaging.Answer(server, r.ListDefinitions)
	messaging.Answer(server, r.CreateDefinitions)
	messaging.Answer(server, r.ShowDefinition)
	messaging.Answer(server, r.UpdateDefinition)
	messaging.Take(server, r.DeleteDefinitions)
	messaging.Answer(server, r.ListResourceTypes)
	messaging.Answer(server, r.Associate)
	messaging.Take(server, r.Dissociate)
	messaging.Answer(server, r.BeginKeyed)
	messaging.Take(server, r.EndKeyed)
	messaging.Answer(server, r.ShowUsage)
	messaging.Answer(server, r.DeleteFromStore)
	messaging.Answer(server, r.AddLocation)
	messaging.Answer(server, r.ListDoomed)
	messaging.Take(server, r.ForgetLocation)
	messaging.Answer(server, r.FindOrphans)
}
