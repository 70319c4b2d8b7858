// Package identity asks keystone for what compute must know of projects.
package identity
