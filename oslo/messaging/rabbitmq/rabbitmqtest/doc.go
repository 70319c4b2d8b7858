// Package rabbitmqtest starts a real RabbitMQ for a test, apart from any other on the machine: a node of its own name on ports
// of its own, on the loopback, with its own port mapper and its own folder.
package rabbitmqtest
