// Package main renders helm/weir as Helm does, for machines that have no Helm, and makes the chart's README.
package main

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/Masterminds/semver"
	"sigs.k8s.io/yaml"
)

// Metadata is what templates know as .Chart.
type Metadata struct {
	APIVersion  string   `json:"apiVersion"`
	Name        string   `json:"name"`
	Description string   `json:"description"`
	Type        string   `json:"type"`
	Version     string   `json:"version"`
	AppVersion  string   `json:"appVersion"`
	KubeVersion string   `json:"kubeVersion"`
	Keywords    []string `json:"keywords"`
}

// Chart is a chart's folder, read.
type Chart struct {
	Metadata  Metadata
	Values    map[string]interface{}
	Schema    []byte
	Templates map[string]string
	Files     Files
}

// LoadChart reads a folder; what .helmignore names is left out. An unknown key in Chart.yaml is an error.
func LoadChart(folder string) (*Chart, error) {
	chart := &Chart{Templates: map[string]string{}, Files: Files{}}
	ignored, err := ignoredPatterns(folder)
	if err != nil {
		return nil, err
	}
	err = filepath.Walk(folder, func(file string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() {
			return err
		}
		if !info.Mode().IsRegular() {
			return fmt.Errorf("%s: only regular files reach everybody: Flux leaves symbolic links out", file)
		}
		name, _ := filepath.Rel(folder, file)
		for _, pattern := range ignored {
			if matched, _ := path.Match(pattern, path.Base(name)); matched {
				return nil
			}
		}
		data, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		switch {
		case name == "Chart.yaml":
			return yaml.UnmarshalStrict(data, &chart.Metadata)
		case name == "values.yaml":
			return yaml.UnmarshalStrict(data, &chart.Values)
		case name == "values.schema.json":
			chart.Schema = data
		case strings.HasPrefix(name, "templates/"):
			chart.Templates[name] = string(data)
		default:
			chart.Files[name] = data
		}
		return nil
	})
	return chart, err
}

func ignoredPatterns(folder string) ([]string, error) {
	data, err := os.ReadFile(filepath.Join(folder, ".helmignore"))
	if err != nil {
		return nil, err
	}
	patterns := []string{".helmignore"}
	for _, line := range strings.Split(string(data), "\n") {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			patterns = append(patterns, strings.TrimSuffix(line, "/"))
		}
	}
	return patterns, nil
}

// Accepts says whether the chart may be installed in a cluster of this version.
func (c *Chart) Accepts(kubeVersion string) bool {
	constraint, err := semver.NewConstraint(c.Metadata.KubeVersion)
	if err != nil {
		return false
	}
	version, err := semver.NewVersion(kubeVersion)
	return err == nil && constraint.Check(version)
}
