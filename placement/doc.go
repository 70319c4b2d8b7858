// Package placement holds the nouns of resource accounting: providers of resources in trees, what they have (inventories),
// what is claimed of it (allocations, by consumers), what they are like (traits, aggregates), and the question "who could
// hold this?" (candidate requests and their answers).
//
// It decides nothing about hosts or guests: nova asks for candidates, picks one, and claims it.
//
//	provider ──< inventory (a class, how much)      consumer ──< allocation >── provider
//	   │ parent, root                                  project, user, type, generation
//	   ├──< trait
//	   └──< aggregate (a shared label)
//
// A provider and a consumer each carry a generation that grows with every change of what hangs on them; writers name the
// generation they have seen.
package placement
