// Package broker is what the transports over a broker share: addresses, limits, calls that wait for their answer, and
// the desk at which a listener's messages become work. It speaks no protocol; see oslo/messaging/nats and rabbitmq.
//
// # Calls
//
// A call is not kept: it goes to a server that is there, or is refused. While a server has it, waiting or being worked on,
// the caller hears a beat every third of Limits.Silence; a caller that hears nothing for Silence stops with a
// fault.Unavailable "ServerLost". So the death of a server is known within seconds, however long the call may take.
//
// # Casts
//
// A cast is kept by the broker until a server has worked on it, for at most TopicAge (HostAge when it is for one host), and no
// more than Limits.Queue of them for one target. A server that dies or is stopped in the middle leaves it to the next.
package broker
