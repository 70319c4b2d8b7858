// Package openstackclient runs OpenStack's own command-line client without its start. Python takes more than a second of processor time
// to import it, and a session has hundreds of commands: here one process imports it once and forks for each command, which then
// runs in the directory, with the environment and on the files of who asked, as if it had been started alone.
package openstackclient
