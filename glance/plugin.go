package glance

import (
	"fmt"
	"slices"
	"strings"
)

// The plugins of imports, as upstream's of the same names: what is done with an image between its coming and its going to stores.
const (
	Decompression     = "image_decompression"   // bits that came compressed are unpacked
	Conversion        = "image_conversion"      // the disk is written in another format
	MetadataInjection = "inject_image_metadata" // the image gets properties of the operator's
	NoOperation       = "no_op"
)

// ImportPlugins are all of them.
func ImportPlugins() []string {
	return []string{Decompression, Conversion, MetadataInjection, NoOperation}
}

// ConversionConfig is upstream's section of the same name.
type ConversionConfig struct {
	OutputFormat string `conf:"output_format" doc:"what images are converted to: qcow2, raw or vmdk"`
}

// Check refuses a format that nothing is converted to.
func (c *ConversionConfig) Check() error {
	if formats := []string{"qcow2", "raw", "vmdk"}; !slices.Contains(formats, c.OutputFormat) {
		return fmt.Errorf("output_format: there is no %q; there are: %s", c.OutputFormat, strings.Join(formats, ", "))
	}
	return nil
}

// InjectionConfig is upstream's section inject_metadata_properties.
type InjectionConfig struct {
	IgnoreUserRoles []string          `conf:"ignore_user_roles" doc:"roles whose bearers' images get no properties"`
	Inject          map[string]string `conf:"inject" doc:"properties that other imported images get"`
}

// For are the properties that the image of a caller with some roles gets. Reserved ones are nobody's to give.
func (c InjectionConfig) For(roles []string) map[string]string {
	given := map[string]string{}
	if slices.ContainsFunc(roles, func(role string) bool { return slices.Contains(c.IgnoreUserRoles, role) }) {
		return given
	}
	for name, value := range c.Inject {
		if !IsReserved(name) {
			given[name] = value
		}
	}
	return given
}

// ImportRules are what an operator has done with every image that is imported.
type ImportRules struct {
	Plugins    []string
	Conversion ConversionConfig
	Injection  InjectionConfig
}

// Handling is what is done with the staged bits of one import. It is decided when the import begins, whatever the configuration
// says later.
type Handling struct {
	Plugins      []string `json:"plugins,omitempty"` // those that look at the bits, in their order
	OutputFormat string   `json:"output_format,omitempty"`
	// Properties are those that the image gets.
	Properties map[string]string `json:"properties,omitempty"`
}

// For is what is done with an image that a caller with some roles imports.
func (r ImportRules) For(roles []string) Handling {
	h := Handling{OutputFormat: r.Conversion.OutputFormat}
	for _, plugin := range r.Plugins {
		switch plugin {
		case Decompression, Conversion:
			h.Plugins = append(h.Plugins, plugin)
		case MetadataInjection:
			h.Properties = r.Injection.For(roles)
		}
	}
	return h
}
