package rest

import (
	"net"

	"cumulet/oslo/telemetry"
)

// agentMost bounds what is kept of a caller's name for its program.
const agentMost = 255

// actor is who calls, as events tell it.
func (c *Call) actor() telemetry.Actor {
	address, _, err := net.SplitHostPort(c.Request.RemoteAddr)
	if err != nil {
		address = c.Request.RemoteAddr
	}
	agent := c.Request.UserAgent()
	return telemetry.Actor{
		UserID: c.Who.UserID, UserName: c.Who.UserName, UserDomainID: c.Who.UserDomainID, ProjectID: c.Who.ProjectID,
		ProjectName: c.Who.ProjectName, ProjectDomainID: c.Who.ProjectDomainID, DomainID: c.Who.DomainID, Roles: c.Who.Roles,
		Address: address, Agent: agent[:min(len(agent), agentMost)],
	}
}
