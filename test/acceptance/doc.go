// Package acceptance plays the user's day against a real cloud: `cumulet up` with real guests, OpenStack's own client,
// gophercloud and SSH. It has tests only; test/run-acceptance installs what they need and runs them.
package acceptance
