package placement

// Event is a kind of entry in placement's event log: its name, the type of the thing it carries as it then was, and when it is
// recorded. db.Tx.Record refuses what is not in the table.
type Event struct{ Name, Payload, When string }

// Events are all of them.
func Events() []Event {
	return []Event{
		{"resource_provider.create", "ResourceProvider", "a provider was made"},
		{"resource_provider.update", "ResourceProvider", "its name or parent changed"},
		{"resource_provider.delete", "ResourceProvider", "it was deleted"},
		{"resource_provider.inventories.update", "ResourceProvider", "what it has changed"},
		{"resource_provider.traits.update", "ResourceProvider", "its traits changed"},
		{"resource_provider.aggregates.update", "ResourceProvider", "its aggregates changed"},
		{"allocation.update", "Consumer", "a consumer's allocations were written"},
		{"allocation.delete", "Consumer", "they were given back"},
		{"trait.create", "Trait", "a custom trait was made"},
		{"trait.delete", "Trait", "it was deleted"},
		{"resource_class.create", "ResourceClass", "a custom class was made"},
		{"resource_class.update", "ResourceClass", "it was renamed"},
		{"resource_class.delete", "ResourceClass", "it was deleted"},
	}
}
