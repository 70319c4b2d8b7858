package keystone

// SecurityCompliance is what everybody may read of the rules for passwords, all of it or one option, as it is asked of a domain. No
// expression is set that passwords must match: its value and its description are nil. The texts with their two dots are
// keystone/resource/core.py's, get_security_compliance_config.
func SecurityCompliance(domainID, option string) (DomainConfig, error) {
	const group = "security_compliance"
	readable := DomainConfig{group: {"password_regex": nil, "password_regex_description": nil}}
	if domainID != DefaultDomain {
		return nil, InvalidDomainConfig("Reading security compliance information for any domain other than the default domain is not " +
			"allowed or supported.")
	}
	part := readable.Of(group, option)
	if len(part) == 0 {
		return nil, InvalidDomainConfig("Reading security compliance values other than password_regex and password_regex_description is " +
			"not allowed.")
	}
	return part, nil
}
