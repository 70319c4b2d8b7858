// Package collect gathers the spans of one request from every process of the cloud, and serves them: GET /trace/{request_id}.
//
// A process asks all others by a fanout on the topic "telemetry". Each answers, also when it knows nothing, so that who asks learns
// who there is: it stops once all those have answered that answered before, or when nobody did for a while.
package collect
