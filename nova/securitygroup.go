package nova

// SecurityGroup is a neutron group of a server's ports, as compute shows it.
type SecurityGroup struct {
	ID          string
	Name        string
	Description string
	ProjectID   string
	Rules       []SecurityGroupRule
}

// SecurityGroupRule lets in what comes from a CIDR or from another group's members. Protocol is "" for all.
type SecurityGroupRule struct {
	ID       string
	Protocol string
	From, To *int
	CIDR     string
	// Group is the other group's name, and GroupProjectID whose it is.
	Group, GroupProjectID string
}
