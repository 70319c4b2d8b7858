// Package mapping is the language in which an operator says who somebody is here whom an identity provider vouches for. As
// keystone/federation/utils.py, RuleProcessor, and https://docs.openstack.org/keystone/latest/admin/federation/mapping_combinations.html.
//
// A rule has requirements ("remote") of what the provider says, attributes with values; where all are met, it adds ("local") to who
// somebody is. {0}, {1} stand there for the values of the first, the second requirement that is no condition (any_one_of, not_any_of).
//
// # Where it is stricter than upstream
//
// Values are put in as what they are, a text or a list, and never read again as Python: upstream lets "['admin']", which no blacklist of
// admin has, become the group admin. A user's name or id from a list that was filtered to nothing is none. Expressions run in
// time that grows with the text only, or else within a bound.
package mapping
