package main

import (
	"fmt"
	"path"
	"regexp"
	"sort"
	"strings"
	"text/template"
)

// Release is what templates know as .Release.
type Release struct {
	Name, Namespace, Service string
	Revision                 int
	IsInstall, IsUpgrade     bool
}

// KubeVersion is .Capabilities.KubeVersion.
type KubeVersion struct{ Version, GitVersion, Major, Minor string }

// APIVersions is .Capabilities.APIVersions.
type APIVersions []string

func (v APIVersions) Has(name string) bool {
	for _, version := range v {
		if version == name {
			return true
		}
	}
	return false
}

// Object is a rendered object of the Kubernetes API.
type Object map[string]interface{}

// Rendering is what Helm would send, and what it would print.
type Rendering struct {
	Chart   *Chart
	Release Release
	Values  map[string]interface{}
	Objects []Object
	Notes   string
}

var separator = regexp.MustCompile(`(?m)^---\s*$`)

// Render makes objects of a chart and a user's values, with Helm's rules: values are coalesced and held against the schema, then every template is executed.
func Render(chart *Chart, users map[string]interface{}, release Release) (*Rendering, error) {
	values := Coalesce(users, chart.Values)
	if err := Validate(chart.Schema, values); err != nil {
		return nil, err
	}
	root := template.New("chart").Option("missingkey=zero")
	all := functions()
	depth := map[string]int{}
	all["include"] = func(name string, data interface{}) (string, error) {
		if depth[name]++; depth[name] > 1000 {
			return "", fmt.Errorf("include %s: it includes itself", name)
		}
		defer func() { depth[name]-- }()
		var text strings.Builder
		err := root.ExecuteTemplate(&text, name, data)
		return text.String(), err
	}
	all["tpl"] = func(text string, data interface{}) (string, error) {
		clone, err := root.Clone()
		if err != nil {
			return "", err
		}
		if clone, err = clone.New("tpl").Parse(text); err != nil {
			return "", err
		}
		var result strings.Builder
		err = clone.Execute(&result, data)
		return strings.ReplaceAll(result.String(), "<no value>", ""), err
	}
	root.Funcs(all)

	names := []string{}
	for name, text := range chart.Templates {
		if _, err := root.New(name).Parse(text); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	sort.Strings(names)
	rendering := &Rendering{Chart: chart, Release: release, Values: values}
	for _, name := range names {
		if strings.HasPrefix(path.Base(name), "_") {
			continue
		}
		var result strings.Builder
		err := root.ExecuteTemplate(&result, name, map[string]interface{}{
			"Chart": chart.Metadata, "Files": chart.Files, "Release": release, "Values": values,
			"Template": map[string]interface{}{"Name": chart.Metadata.Name + "/" + name, "BasePath": chart.Metadata.Name + "/templates"},
			"Capabilities": map[string]interface{}{
				"KubeVersion": KubeVersion{Version: "v1.22.0", GitVersion: "v1.22.0", Major: "1", Minor: "22"},
				"APIVersions": APIVersions{"v1", "apps/v1", "monitoring.coreos.com/v1"},
			},
		})
		if err != nil {
			return nil, err
		}
		text := strings.ReplaceAll(result.String(), "<no value>", "")
		if path.Base(name) == "NOTES.txt" {
			rendering.Notes = text
			continue
		}
		for _, document := range separator.Split(text, -1) {
			object := Object{}
			if err := unmarshal(document, &object); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			if len(object) > 0 {
				rendering.Objects = append(rendering.Objects, object)
			}
		}
	}
	return rendering, nil
}
