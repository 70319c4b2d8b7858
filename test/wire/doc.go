// Package wire plays conversations: files that say who asks what over HTTP and what comes back. They are documentation that
// is kept true. Each run plays them against a cumulet with fake drivers; with REFERENCE_URL set to another cloud's keystone
// (and OS_USERNAME, OS_PASSWORD of its administrator) the same files are played there, which is how they are written.
//
// A file (<service>/<noun>.http) is a list of exchanges:
//
//	### A network is made            the claim
//	as demo                          who asks: admin, demo, other (another project's), or nobody
//	until 30s                        where wanted: ask again till the answer is as promised, at most so long
//	POST /network/v2.0/networks      {name} stands for a value caught before
//	OpenStack-API-Version: …         headers, where wanted
//	{"network": {"name": "blue"}}    the body, where wanted
//	=> 201                           the answer's status
//	Location: <*>                    its headers, where they matter
//	{"network": {"id": "<net>", "name": "blue", "...": "..."}}
//
// A file that begins with "Ours:" tells what OpenStack does not have; it is not played against another cloud.
//
// A body that is no JSON is what stands there (without the newline at its end); an answer must contain it, or be a single
// "~REGEX". A header promised as "-" must be absent.
//
// In an answer's body "<net>" catches a value, or must equal what was caught before; "<*>" is any value, "<uuid>" and
// "<time>" are such; a member "..." allows others beside those named, an item "..." other items. "~REGEX" must match.
package wire
