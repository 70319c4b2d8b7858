package l3

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"cumulet/neutron/agent/host"
)

// inward finds the map of floating addresses to fixed ones in the router's rules as nft prints them.
var inward = regexp.MustCompile(`dnat to ip daddr map \{([^}]*)\}`)

// Translations are the floating addresses that a router's namespace translates, with the fixed ones, as they stand in the kernel.
func Translations(ctx context.Context, h host.Host, routerID string) (map[string]string, error) {
	text, err := host.Rules(ctx, h.Router(routerID))
	if err != nil {
		return nil, fmt.Errorf("read the rules of router %s: %w", routerID, err)
	}
	floating := map[string]string{}
	for _, found := range inward.FindAllStringSubmatch(text, -1) {
		for _, pair := range strings.Split(found[1], ",") {
			if from, to, ok := strings.Cut(pair, ":"); ok {
				floating[strings.TrimSpace(from)] = strings.TrimSpace(to)
			}
		}
	}
	return floating, nil
}
