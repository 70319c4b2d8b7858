package keystone

// SecurityCompliance is what everybody may read of the rules for passwords, all of it or one option, as it is asked of a domain; nil
// where nothing is asked. The texts with their two dots are keystone/resource/core.py's, get_security_compliance_config.
func (c Config) SecurityCompliance(domainID, option string) (DomainConfig, error) {
	const group = "security_compliance"
	readable := DomainConfig{group: {"password_regex": nil, "password_regex_description": nil}}
	for name, value := range map[string]string{"password_regex": c.PasswordRegex, "password_regex_description": c.PasswordDescription} {
		if value != "" {
			readable.Set(group, name, value)
		}
	}
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
